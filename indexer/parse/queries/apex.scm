[(line_comment) (block_comment)] @comment

(class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(method_declaration name: (_) @name body: (_)) @method
(constructor_declaration name: (_) @name) @method
(trigger_declaration name: (_) @name) @function
