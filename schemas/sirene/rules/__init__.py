"""What must hold in SIRENE forms beside their schemas.

- `every_form.py`   addresses, references, notices, attachments, names
- what one form alone needs: `arrest.py` (A), `multiple_alerts.py` (E), `flags.py` (F), `hits.py` (G), `not_done.py` (H),
  `other_purpose.py` (I), `wrong_content.py` (J), `person_requests.py` (K), `identity.py` (L), `miscellaneous.py` (M),
  `permits.py` (N, O), `object_details.py` (P), `misused_identity.py` (Q)
- `coverage.csv`    where each of R01 to R55 is enforced, with the message that breaks it, or why not yet

Ids R01 and on are those of our rule list for the family; S01 and on are our own proposals. Rules that need other
messages (repeated references, one G form per hit, open requests) are kept where the messages are.
"""
