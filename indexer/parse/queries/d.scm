(comment) @comment

(class_declaration (identifier) @name (aggregate_body) @body) @class
(struct_declaration (identifier) @name (aggregate_body) @body) @class
(interface_declaration (identifier) @name (aggregate_body) @body) @class
(union_declaration (identifier) @name (aggregate_body) @body) @class
(enum_declaration (identifier) @name) @class
(template_declaration (identifier) @name) @module
(function_declaration (identifier) @name (function_body) @body) @function
(constructor (this) @name (function_body) @body) @method
