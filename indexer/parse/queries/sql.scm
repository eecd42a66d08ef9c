[(comment) (marginalia)] @comment

(create_table (object_reference) @name) @class
(create_view (object_reference) @name) @class
(create_materialized_view (object_reference) @name) @class
(create_type (object_reference) @name) @class
(create_function (object_reference) @name (function_body) @body) @function
(create_function (object_reference) @name) @function
(create_trigger (object_reference) @name) @function
