"""What must hold in SIRENE forms beside their schemas.

- `every_form.py`   addresses, references, notices, attachments, names
- `arrest.py` (A), `hits.py` (G), `miscellaneous.py` (M), `object_details.py` (P)   what one form alone needs

Ids R01 and on are those of our rule list for the family; S01 and on are our own proposals. Rules that need other
messages (repeated references, one G form per hit, open requests) are kept where the messages are.
"""
