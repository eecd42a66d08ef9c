; inherits: c

(template_declaration (_) @wrapped) @wrapper
(namespace_definition name: (_) @name) @namespace
(class_specifier name: (_) @name body: (_)) @class
(concept_definition name: (_) @name) @class

(field_declaration declarator: [
  (function_declarator declarator: (field_identifier) @name)
  (_ (function_declarator declarator: (field_identifier) @name))
]) @signature
