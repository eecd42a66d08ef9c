(comment) @comment

(struct_definition type: (_) @name) @class
(union_definition . (identifier) @name) @class
(exception_definition . (identifier) @name) @class
(enum_definition type: (_) @name) @class
(service_definition type: (_) @name) @class
(function_definition (type) . (identifier) @name) @signature
