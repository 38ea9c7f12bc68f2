"""The Europol family: SIENA-style request, reply and information, as an open model (the real schemas are not public).

- `xsd/`            `family.xsd` (shared types) and one file per form
- `forms/`          one module per form: `request`, `reply`, `information`
- `rules/`          the checks, `EUR-05` for the dossier's R-05; `-in` and `-out` where the two directions differ
- `vocabulary.py`   code lists; `crime_areas.csv`, `handling.toml`, `clocks.toml` are its facts with sources
- `reading.py`      the form in the words that rules and drafts need: entities, marks, conditions
- `composing.py`, `told.py`, `sentences.py`   the reply that is drafted from what registers said
- `samples/`        one complete, fictitious example per form
"""

from typing import Final

from gateway.findings import Finding

WITHDRAWN: Final[dict[str, Finding]] = {}
"""Root elements of forms that are no longer used, with what to send instead. The family has none."""
