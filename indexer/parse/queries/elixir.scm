(comment) @comment
((unary_operator operator: "@" operand: (call target: (identifier) @_doc)) @comment
  (#any-of? @_doc "doc" "typedoc"))
((unary_operator operator: "@" operand: (call target: (identifier) @_spec)) @lead
  (#any-of? @_spec "spec" "impl" "deprecated"))

((call
  target: (identifier) @_module
  (arguments (alias) @name)
  (do_block (unary_operator
    operand: (call target: (identifier) @_doc (arguments [(string) (sigil)] @doc)))) @body) @module
  (#any-of? @_module "defmodule" "defprotocol" "defimpl")
  (#eq? @_doc "moduledoc"))

((call target: (identifier) @_module (arguments (alias) @name) (do_block) @body) @module
  (#any-of? @_module "defmodule" "defprotocol" "defimpl"))

((call
  target: (identifier) @_def
  (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name))
    (binary_operator left: (identifier) @name)
  ])
  (do_block)? @body) @function
  (#any-of? @_def "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp"))
