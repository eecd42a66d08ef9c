(comment) @comment

(let_binding pattern: (value_name) @name (parameter)) @function
(let_binding pattern: (parenthesized_operator) @name) @function
(let_binding pattern: (value_name) @name body: [(fun_expression) (function_expression)]) @function
(type_binding name: (_) @name) @class
(module_binding (module_name) @name body: (_) @body) @module
(module_type_definition (module_type_name) @name) @class
(class_binding name: (_) @name) @class
(method_definition name: (_) @name) @method
(exception_definition (constructor_declaration (constructor_name) @name)) @class
