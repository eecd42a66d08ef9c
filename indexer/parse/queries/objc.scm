; inherits: c

(class_interface . (identifier) @name) @class
(class_implementation . (identifier) @name) @class
(protocol_declaration . (identifier) @name) @class
(method_definition (method_type) . (identifier) @name (compound_statement) @body) @method
(method_declaration (method_type) . (identifier) @name) @signature
