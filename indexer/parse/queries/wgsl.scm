[(line_comment) (block_comment)] @comment

(function_declaration name: (_) @name) @function
(struct_declaration name: (_) @name) @class
