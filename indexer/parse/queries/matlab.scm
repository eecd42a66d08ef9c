(comment) @comment

(class_definition name: (_) @name (comment)? @doc) @class
(function_definition name: (_) @name (comment)? @doc) @function
