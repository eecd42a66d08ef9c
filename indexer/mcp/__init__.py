"""The MCP door: tools for agents, over stdio or HTTP.

`server` speaks the protocol and is the only module that knows its library; `tools` are what an agent can ask, `shape`
what it is answered, `text` the same to read, `budget` how much of it fits, `readiness` what to say before an index or a
model is there, `stdout` who may write where the protocol goes.
"""
