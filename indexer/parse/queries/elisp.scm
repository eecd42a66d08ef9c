(comment) @comment

(function_definition name: (_) @name docstring: (_)? @doc) @function
(macro_definition name: (_) @name docstring: (_)? @doc) @function
((list . (symbol) @_def . (symbol) @name) @function
  (#any-of? @_def "cl-defun" "cl-defmacro" "cl-defmethod" "cl-defgeneric" "define-minor-mode" "define-derived-mode"
    "define-inline" "ert-deftest"))
((list . (symbol) @_def . (symbol) @name . (_)* (string) @doc) @class
  (#any-of? @_def "defclass" "cl-defstruct" "defgroup"))
