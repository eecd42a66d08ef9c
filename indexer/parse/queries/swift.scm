[(comment) (multiline_comment)] @comment

(class_declaration name: (_) @name) @class
(protocol_declaration name: (_) @name) @class
(function_declaration name: (_) @name) @function
(protocol_function_declaration name: (_) @name) @signature
(init_declaration "init" @name) @method
(deinit_declaration "deinit" @name) @method
(typealias_declaration name: (_) @name) @class
