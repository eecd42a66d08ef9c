(comment) @comment

(package_body name: (_) @name) @module
(package_declaration name: (_) @name) @module
(subprogram_body [(function_specification name: (_) @name) (procedure_specification name: (_) @name)]
  [(non_empty_declarative_part) (handled_sequence_of_statements)] @body) @function
(subprogram_declaration [(function_specification name: (_) @name) (procedure_specification name: (_) @name)]) @signature
(full_type_declaration (identifier) @name (record_type_definition)) @class
