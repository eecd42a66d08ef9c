(comment) @comment

((list . (symbol) @_def . (list . (symbol) @name)) @function
  (#any-of? @_def "define" "define*" "define-public" "define-macro" "define-inlinable"))
((list . (symbol) @_def . (symbol) @name . (list . (symbol) @_lambda)) @function
  (#any-of? @_def "define" "define-public")
  (#any-of? @_lambda "lambda" "lambda*" "case-lambda"))
((list . (symbol) @_def . (symbol) @name) @function
  (#any-of? @_def "define-syntax" "define-syntax-rule"))
((list . (symbol) @_def . [(symbol) (list . (symbol))] @name) @class
  (#any-of? @_def "define-record-type" "define-class"))
