[(comment) (pod)] @comment

(package_statement name: (_) @name !body) @package
(subroutine_declaration_statement name: (_) @name) @function
