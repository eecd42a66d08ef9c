(comment) @comment

(contract_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(library_declaration name: (_) @name) @class
(struct_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(function_definition name: (_) @name body: (_)) @function
(function_definition name: (_) @name !body) @signature
(modifier_definition name: (_) @name) @function
(constructor_definition "constructor" @name) @method
