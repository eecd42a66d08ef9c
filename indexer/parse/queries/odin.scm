[(comment) (block_comment)] @comment
(attributes) @lead

(procedure_declaration . (identifier) @name (procedure (block) @body)) @function
(struct_declaration . (identifier) @name) @class
(enum_declaration . (identifier) @name) @class
(union_declaration . (identifier) @name) @class
