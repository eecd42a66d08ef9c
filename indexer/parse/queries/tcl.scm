(comment) @comment

(procedure name: (_) @name) @function
((namespace (word_list . (simple_word) @_eval . (simple_word) @name (braced_word) @body)) @namespace
  (#eq? @_eval "eval"))
