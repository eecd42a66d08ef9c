(comment) @comment

(value_specification (value_name) @name) @signature
(type_binding name: (_) @name) @class
(module_binding (module_name) @name) @module
(module_type_definition (module_type_name) @name) @module
(exception_definition (constructor_declaration (constructor_name) @name)) @class
