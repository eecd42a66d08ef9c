(comment) @comment

(defProc header: (declProc name: (_) @name) body: (_) @body) @function
(declType name: (_) @name type: [(declClass) (declIntf) (declEnum)]) @class
(declType name: (_) @name type: (type (declEnum))) @class
