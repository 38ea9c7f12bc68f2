"""How long content lawfully stays, and its destruction.

`words` and `decide` are pure: facts, rules, a calendar and a moment give a decision. `facts` gathers, `sweeper` destroys, `desk` is what
people do. What stays for ever is the journal: it says what was destroyed, under which rule, and its proofs go on holding.
"""
