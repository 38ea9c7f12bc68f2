"""Simulators: stand-ins for everything the gateway talks to, each its own process, speaking only the wire.

They import nothing of the gateway, the adapters, the schemas, the routing or the config, because a stand-in that
shares our code shares our mistakes. `python -m simulators --list` names them.

    declaration.py   what a simulator declares (`SIMULATOR`) and what it is given (`Station`)
    discovery.py     finds them by their place: registers/, casesystems/, alertsystems/, counterparts/, witnesses/, timestamps/
    command.py       the command line
    process.py       one simulator as a process: ready file, signals, parent watch
    federation.py    all of them as child processes
    clock.py         the simulator's own time, which a tester can stop and turn
    scenario.py      scripted misbehaviour
    recorder.py      what arrived and what was answered
    control.py       GET /sim/ledger, POST /sim/scenario, POST /sim/reset, GET /sim/health
    authority.py     a throw-away CA per simulator
    rest/            what all REST simulators share: context, problems, answers, keys, misconduct
    registers/       CPR, CRM, wanted vehicles, passports; seeds/ holds their fictitious records
    casesystems/     POLSAS
    alertsystems/    N.SIS of several states before one CS-SIS
    counterparts/    foreign offices; bureaux/ has states and habits as data
    witnesses/       who countersigns published logs
    timestamps/      a time-stamp authority (RFC 3161), by openssl; its habits as data
    federations/     examples of federation files
    scenarios/       examples of scenario files
"""
