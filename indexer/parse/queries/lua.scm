(comment) @comment

(function_declaration name: (method_index_expression) @name) @method
(function_declaration name: (_) @name) @function
(assignment_statement
  (variable_list . name: (_) @name)
  (expression_list . value: (function_definition body: (_)? @body))) @function
(field name: (identifier) @name value: (function_definition body: (_)? @body)) @function
