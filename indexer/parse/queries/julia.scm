[(line_comment) (block_comment)] @comment
(source_file (string_literal) @comment)
(block (string_literal) @comment)

(module_definition name: (_) @name) @namespace
(struct_definition (type_head [
  (identifier) @name
  (parametrized_type_expression . (_) @name)
  (binary_expression . (identifier) @name)
  (binary_expression . (parametrized_type_expression . (_) @name))
])) @class
(abstract_definition (type_head [
  (identifier) @name
  (parametrized_type_expression . (_) @name)
  (binary_expression . (identifier) @name)
])) @class
(function_definition (signature [
  (call_expression . (_) @name)
  (typed_expression . (call_expression . (_) @name))
  (where_expression . (call_expression . (_) @name))
  (where_expression . (typed_expression . (call_expression . (_) @name)))
  (identifier) @name
]) (block)? @body) @function
(macro_definition (signature (call_expression . (_) @name)) (block)? @body) @function
(assignment . (call_expression . [(identifier) (field_expression)] @name)) @function
(assignment . (where_expression . (call_expression . (_) @name))) @function
(assignment . (typed_expression . (call_expression . (_) @name))) @function
