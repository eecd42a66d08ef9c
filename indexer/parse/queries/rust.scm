[(line_comment) (block_comment)] @comment
(attribute_item) @lead

(function_item name: (_) @name) @function
(function_signature_item name: (_) @name) @signature
(macro_definition name: (_) @name) @function
(struct_item name: (_) @name) @class
(enum_item name: (_) @name) @class
(union_item name: (_) @name) @class
(trait_item name: (_) @name) @class
(impl_item type: [
  (type_identifier) @name
  (generic_type type: (_) @name)
  (scoped_type_identifier name: (_) @name)
  (reference_type type: (_) @name)
]) @class
(impl_item type: (_) @name) @class
(mod_item name: (_) @name body: (_)) @namespace
