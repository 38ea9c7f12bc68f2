"""INTERPOL: free message, wanted diffusion, travel-document and vehicle queries with their answers.

The real I-24/7 schemas are restricted; these forms are an open design that an adapter can translate.

- `xsd/`             one schema per form, and `family.xsd` with what they share
- `forms/`           one format per module: schema, rules, subjects, draft
- `rules/`           the validator's rules (IPV-001 and following) as small functions, by what they look at
- `drafts/`          answers composed from what national registers said
- `vocabulary.py`    code lists with the confidence of their source; `countries.csv` the member list
- `conditions.py`    handling conditions and the confidentiality level, read from the header
- `dates.py`         dates of which parts may be unknown
- `identifiers.py`   numbers of documents, vehicles and files in the shape in which they are compared
- `subjects.py`      fields in the gateway's neutral words
- `samples/`         one complete, fictitious example per form

How the family's own envelope maps onto the shared header: `1-VERY-URGENT`, `2-URGENT`, `3-NORMAL` are the header's
`VERY_URGENT`, `URGENT`, `NORMAL`; purposes `P1` to `P9` stand in `Purpose`; the conversation is the `CaseReference`.
Conditions `C0-TEXT` to `C9-DESTROY-BY` stand in `Handling` with their value as text. The confidentiality level is a
handling code as well (`IP-OFFICIAL`, `IP-RESTRICTED`, `IP-CONFIDENTIAL`, exactly one per message), so that whatever
carries the conditions of the provider onward, or decides by them, carries the level too.
"""

from gateway.findings import Finding

WITHDRAWN: dict[str, Finding] = {}
