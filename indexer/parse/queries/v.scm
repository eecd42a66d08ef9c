(comment) @comment

(function_declaration
  receiver: (parameter_list (parameter_declaration type: [(type_identifier) @scope (_ (type_identifier) @scope)]))
  name: (_) @name) @method
(function_declaration name: (_) @name) @function
(struct_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
