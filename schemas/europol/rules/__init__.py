"""The checks of the family, one table per form. `EUR-05` is rule R-05 of the field dossier.

- `envelope.py`    what every message says about itself
- `conditions.py`  handling, evaluation, classification, origin, consent
- `people.py`      persons
- `copies.py`      copies to Europol and to contact points
- `requests.py`, `replies.py`   what one form alone must meet
"""

from typing import Final

from gateway.findings import Rule
from schemas.europol.rules import conditions, copies, envelope, people, replies, requests

_ALL: Final = envelope.RULES + conditions.RULES + people.RULES + copies.RULES

REQUEST_RULES: Final[tuple[Rule, ...]] = _ALL + requests.RULES
REPLY_RULES: Final[tuple[Rule, ...]] = _ALL + replies.RULES
INFORMATION_RULES: Final[tuple[Rule, ...]] = _ALL
