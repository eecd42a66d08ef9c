(comment) @comment

(defun (defun_header function_name: (_) @name) . (str_lit)? @doc) @function
((list_lit . (sym_lit) @_def . [(sym_lit) (list_lit . (sym_lit))] @name) @class
  (#any-of? @_def "defclass" "defstruct" "define-condition"))
