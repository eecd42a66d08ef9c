(comment) @comment

(function_definition
  name: (_) @name
  body: (block . (expression_statement (string) @doc)?)) @function
