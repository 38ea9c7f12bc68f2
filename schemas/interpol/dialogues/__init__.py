"""The dialogues of the INTERPOL family as data: one TOML file each, named after it; `words.toml` holds what all share.

No public source states legal limits for answers between bureaux, so no dialogue tells a clock anything; what somebody wants an answer
to by a day stands in the header of the message.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from gateway.dialogues.chart import Charts
from gateway.dialogues.table import charts_in
from schemas.interpol.facts import words


@cache
def charts() -> Charts:
    """Every dialogue of the family."""
    return charts_in(files("schemas.interpol.dialogues"), facts=words(), happenings={})
