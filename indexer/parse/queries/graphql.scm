(comment) @comment

(object_type_definition (description)? @doc (name) @name) @class
(interface_type_definition (description)? @doc (name) @name) @class
(enum_type_definition (description)? @doc (name) @name) @class
(input_object_type_definition (description)? @doc (name) @name) @class
(union_type_definition (description)? @doc (name) @name) @class
(scalar_type_definition (description)? @doc (name) @name) @class
(directive_definition (description)? @doc (name) @name) @function
(object_type_extension (name) @name) @class
(operation_definition (name) @name (selection_set) @body) @function
(fragment_definition (fragment_name) @name (selection_set) @body) @function
