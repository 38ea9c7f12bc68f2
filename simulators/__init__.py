"""Stand-ins for the other side: partner offices, registers, case systems.

They import nothing of ours and read XSD files as data only: a stand-in that shares our codec shares our mistakes.
Each speaks the wire, records what arrived, keeps its own keys, and follows a scenario that may tell it to misbehave.
"""
