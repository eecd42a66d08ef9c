[(comment) (haddock)] @comment

(declarations (signature name: (prefix_id (_) @name)) @clause)
(declarations (function name: (prefix_id (_) @name)) @clause)
(declarations (signature name: (_) @name) @clause)
(declarations (function name: (_) @name) @clause)
(declarations (bind name: (_) @name) @clause)
(declarations (function (infix operator: (_) @name)) @clause)
(data_type name: (_) @name) @class
(newtype name: (_) @name) @class
(type_synomym name: (_) @name) @class
(class name: (_) @name) @class
(instance name: (_) @name patterns: (_) @name) @class
(class_declarations (signature name: (_) @name) @signature)
