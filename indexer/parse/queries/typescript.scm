(comment) @comment
(decorator) @lead

(function_declaration name: (_) @name) @function
(generator_function_declaration name: (_) @name) @function
(function_signature name: (_) @name) @signature
(class_declaration name: (_) @name) @class
(abstract_class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(type_alias_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(method_definition name: (_) @name) @function
(method_signature name: (_) @name) @signature
(abstract_method_signature name: (_) @name) @signature
(internal_module name: (_) @name) @namespace

(public_field_definition
  name: (_) @name
  value: [(arrow_function body: (statement_block) @body) (function_expression body: (_) @body)]) @method

(variable_declarator
  name: (identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)]) @function

(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @class

; an object that holds functions
(variable_declarator
  name: (identifier) @name
  value: (object [
    (method_definition)
    (pair value: [(function_expression) (arrow_function body: (statement_block))])
  ]) @body) @module

(pair
  key: [(property_identifier) (string)] @name
  value: [(function_expression body: (_) @body) (arrow_function body: (statement_block) @body)]) @function

; exports.foo = function () {}, module.exports.foo = () => {}
((assignment_expression
  left: (member_expression object: (_) @_exports property: (property_identifier) @name)
  right: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @function
  (#any-of? @_exports "exports" "module.exports"))

(assignment_expression
  left: [(identifier) (member_expression)] @name
  right: [(function_expression body: (_) @body) (arrow_function body: (statement_block) @body)]) @function
