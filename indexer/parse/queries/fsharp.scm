[(line_comment) (block_comment)] @comment
(attributes) @lead

(function_or_value_defn (function_declaration_left . (_) @name) body: (_) @body) @function
(type_definition (_ (type_name type_name: (_) @name))) @class
(member_defn (method_or_prop_defn name: (property_or_ident method: (_) @name))) @method
(module_defn (identifier) @name) @module
