[(comment) (documentation_comment)] @comment
(annotation) @lead

(class_definition name: (_) @name) @class
(mixin_declaration (identifier) @name (class_body) @body) @class
(extension_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class

((function_signature name: (_) @name) @function . (function_body) @body)
((getter_signature name: (_) @name) @function . (function_body) @body)
((setter_signature name: (_) @name) @function . (function_body) @body)

((method_signature [
  (function_signature name: (_) @name)
  (getter_signature name: (_) @name)
  (setter_signature name: (_) @name)
  (factory_constructor_signature (identifier) . (identifier) @name)
  (constructor_signature (identifier) . (identifier) @name)
  (factory_constructor_signature . (identifier) @name)
  (constructor_signature . (identifier) @name)
]) @method . (function_body) @body)

(declaration (function_signature name: (_) @name)) @signature
