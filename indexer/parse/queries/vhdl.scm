(comment) @comment

(entity_declaration name: (_) @name) @class
(architecture_body name: (_) @name) @class
(package_declaration name: (_) @name) @module
(function_body designator: (_) @name) @function
(procedure_body designator: (_) @name) @function
