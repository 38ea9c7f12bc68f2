"""The command line `spoc`, one small module per group of commands; `gateway.cli` joins them.

`terminal` shows answers to people and to programs, `endings` names the exit codes, `local_door` talks to the running gateway. The groups:
`running` (init, serve, demo, processes), `checking` (check, explain), `converting` (convert), `catalogue` (sample, formats, adapters, rules), `names`,
`messages`, `sending`, `partners`, `journal`, `tokens`, `doctor`. The other modules hold what these do, without a terminal.

Commands import what they need when they are called, so that `spoc --help` does not load the whole house.
"""
