(comment) @comment

(class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(function_declaration name: (_) @name) @function
