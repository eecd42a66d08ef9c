(comment) @comment
(spec) @lead

(fun_decl clause: (function_clause name: (_) @name body: (_) @body)) @clause
(record_decl name: (_) @name) @class
(type_alias name: (type_name name: (_) @name)) @class
(opaque name: (type_name name: (_) @name)) @class
