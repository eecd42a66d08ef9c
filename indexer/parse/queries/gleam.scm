[(comment) (statement_comment)] @comment
(attribute) @lead

(function name: (_) @name) @function
(type_definition (type_name name: (_) @name)) @class
(type_alias (type_name name: (_) @name)) @class
