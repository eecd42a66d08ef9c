(comment) @comment

(binding attrpath: (_) @name expression: (function_expression)) @function
