(comment) @comment

(message (message_name) @name (message_body) @body) @class
(enum (enum_name) @name (enum_body) @body) @class
(service (service_name) @name) @class
(rpc (rpc_name) @name) @signature
