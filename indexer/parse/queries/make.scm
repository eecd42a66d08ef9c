(comment) @comment

(rule (targets . (_) @name) (recipe) @body) @function
(define_directive name: (_) @name) @function
