[(line_comment) (block_comment)] @comment

(type_annotation name: (_) @name) @clause
(value_declaration functionDeclarationLeft: (function_declaration_left (lower_case_identifier) @name)) @clause
(type_alias_declaration name: (_) @name) @class
(type_declaration name: (_) @name) @class
(port_annotation name: (_) @name) @signature
