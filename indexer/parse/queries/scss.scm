[(comment) (js_comment)] @comment

(mixin_statement name: (_) @name (block) @body) @function
(function_statement name: (_) @name (block) @body) @function
