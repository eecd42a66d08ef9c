[(comment) (block_comment)] @comment

(class_definition name: (_) @name) @class
(object_definition name: (_) @name) @class
(trait_definition name: (_) @name) @class
(enum_definition name: (_) @name) @class
(function_definition name: (_) @name) @function
(function_declaration name: (_) @name) @signature
(extension_definition) @namespace
