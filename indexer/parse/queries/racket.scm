(comment) @comment

((list . (symbol) @_def . (list . (symbol) @name)) @function
  (#any-of? @_def "define" "define/contract" "define-syntax-rule" "define-syntax" "define/public" "define/private"))
((list . (symbol) @_def . (symbol) @name . (list . (symbol) @_lambda)) @function
  (#any-of? @_def "define" "define-syntax")
  (#any-of? @_lambda "lambda" "λ" "case-lambda" "syntax-rules"))
((list . (symbol) @_def . (symbol) @name) @class
  (#any-of? @_def "struct" "define-struct"))
