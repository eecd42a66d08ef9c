(comment) @comment

(function_declaration name: (_) @name) @function

(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @scope
    (pointer_type (type_identifier) @scope)
    (generic_type type: (_) @scope)
    (pointer_type (generic_type type: (_) @scope))
  ]))
  name: (_) @name) @method

(type_spec name: (_) @name type: (_ (_)) @body) @class
(type_spec name: (_) @name) @class
(type_alias name: (_) @name) @class
