"""Kills of any process under load, and the books afterwards: `python -m benchmarks.endurance --kills 1000`.

- `partner`   a foreign office that sends, tries again like a mail server, receipts answers, and counts each once by its id
- `national`  a register and a case system that keep what they were told under its idempotency key
- `gateway`   the gateway as processes that die and, the front, come back at the same doors
- `run`       load, kills, the officer who settles what nobody can know, and rest at the end
- `account`   what must hold at the end, each with its words
- `page`      the report of one page

The one idea: nothing here looks into the gateway. What counts is what its partner, the national systems and its own commands say.
"""
