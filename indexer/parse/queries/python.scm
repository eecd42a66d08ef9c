(comment) @comment
(decorator) @lead

(class_definition
  name: (identifier) @name
  body: (block . (string)? @doc)) @class

(function_definition
  name: (identifier) @name
  body: (block . (string)? @doc)) @function
