(comment) @comment

(bind function: (id) @name) @function
