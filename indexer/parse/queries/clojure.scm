(comment) @comment

((list_lit . (sym_lit) @_def . (sym_lit name: (sym_name) @name) . (str_lit)? @doc) @function
  (#any-of? @_def "defn" "defn-" "defmacro" "defmulti" "defmethod" "deftest" "defspec" "definline" "s/defn" "mu/defn"))
((list_lit . (sym_lit) @_def . (sym_lit name: (sym_name) @name) . (str_lit)? @doc) @class
  (#any-of? @_def "defprotocol" "defrecord" "deftype" "definterface" "s/defrecord"))
((list_lit . (sym_lit) @_def . (sym_lit name: (sym_name) @name) . (list_lit . (sym_lit) @_fn)) @function
  (#eq? @_def "def")
  (#any-of? @_fn "fn" "partial" "comp"))
