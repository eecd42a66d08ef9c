[(line_comment) (multiline_comment)] @comment

(class_declaration (type_identifier) @name [(class_body) (enum_class_body)]? @body) @class
(object_declaration (type_identifier) @name (class_body)? @body) @class
(function_declaration receiver: (receiver_type)? @scope (simple_identifier) @name (function_body) @body) @function
(function_declaration (simple_identifier) @name) @signature
(secondary_constructor "constructor" @name) @method
(type_alias (type_identifier) @name) @class
