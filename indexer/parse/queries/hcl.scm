(comment) @comment

(config_file (body (block (identifier) @name (string_lit)* @name (body)? @body) @class))
