[(line_comment) (block_comment)] @comment

(class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(annotation_type_declaration name: (_) @name) @class

(method_declaration name: (_) @name body: (_)) @method
(method_declaration name: (_) @name !body) @signature
(constructor_declaration name: (_) @name) @method
(compact_constructor_declaration name: (_) @name) @method
