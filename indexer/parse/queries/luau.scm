; inherits: lua

(type_definition name: (_) @name) @class
