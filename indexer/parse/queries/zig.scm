[(line_comment) (doc_comment)] @comment

(VarDecl
  variable_type_function: (IDENTIFIER) @name
  (ErrorUnionExpr (SuffixExpr (ContainerDecl) @body))) @class
(Decl (FnProto function: (IDENTIFIER) @name) (Block) @body) @function
(TestDecl (STRINGLITERALSINGLE) @name (Block) @body) @function
