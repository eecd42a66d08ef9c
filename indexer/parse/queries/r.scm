(comment) @comment

(binary_operator
  lhs: [(identifier) (string)] @name
  operator: ["<-" "=" "<<-"]
  rhs: (function_definition body: (_) @body)) @function
((call
  function: (identifier) @_set
  arguments: (arguments . (argument value: (string) @name))) @function
  (#any-of? @_set "setMethod" "setGeneric" "setValidity" "test_that"))
((call
  function: (identifier) @_set
  arguments: (arguments . (argument value: (string) @name))) @class
  (#any-of? @_set "setClass" "setRefClass" "R6Class"))
