[(comment) (documentation_comment)] @comment

(proc_declaration name: (_) @name (documentation_comment)? @doc) @function
(func_declaration name: (_) @name (documentation_comment)? @doc) @function
(method_declaration name: (_) @name (documentation_comment)? @doc) @function
(iterator_declaration name: (_) @name (documentation_comment)? @doc) @function
(converter_declaration name: (_) @name (documentation_comment)? @doc) @function
(template_declaration name: (_) @name (documentation_comment)? @doc) @function
(macro_declaration name: (_) @name (documentation_comment)? @doc) @function
(type_declaration (type_symbol_declaration name: (_) @name) [(object_declaration) (enum_declaration) (ref_type)]) @class
