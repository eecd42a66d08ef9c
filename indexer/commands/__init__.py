"""What the command line does: a module a command, its arguments beside its action.

Each has `HELP`, `add(parser)` and `run(options)`, which returns an exit status. Everything heavy is imported inside
`run`, so that `--help` answers at once.
"""
