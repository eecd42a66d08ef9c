[(comment) (document_comment)] @comment

(model_block (identifier) @name) @class
(enum_block (identifier) @name) @class
(key_value_block (identifier) @name) @class
