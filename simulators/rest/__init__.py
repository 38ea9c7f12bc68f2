"""What every REST simulator shares: the common contract of the national systems, seen from the side that answers.

contract.py     the context every call must carry, and the problem documents
outcomes.py     the answer envelope and the personas that change an answer
keys.py         identifier formats and the key combinations of a search
names.py        matching names across alphabets and transliterations
server.py       one call from arrival to answer: record, authenticate, check, answer
misconduct.py   what a scenario does to an answer
seeds.py        reading the records
"""
