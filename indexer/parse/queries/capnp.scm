(comment) @comment

(struct (type_identifier) @name) @class
(enum (enum_identifier) @name) @class
(interface (type_identifier) @name) @class
