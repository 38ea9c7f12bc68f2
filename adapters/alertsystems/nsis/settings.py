"""Settings of the N.SIS adapter: those of every REST system, and what the calls claim."""

from __future__ import annotations

import re
from typing import Final

from adapters.rest.settings import RestSettings
from gateway.errors import Misconfigured

FOLLOW_SECONDS: Final = 60.0


class NsisSettings(RestSettings, frozen=True, kw_only=True):
    """Where N.SIS is, how we ask it, and how often its notices are read."""

    role: str = "SIRENE_OFFICER"
    """Role that we claim there; only SIRENE sees hidden alerts."""
    desk: str = "SIRENE"
    """Desk that we name there."""
    purpose: str = "INVESTIGATE"
    """Purpose that N.SIS is told, a code of the register contract; the officer's own words stay in our journal."""
    legal_basis: str = "LG-23"
    """Legal basis that N.SIS is told, a key of its reference data."""
    on_behalf_of: str = ""
    """State that we say we ask for; empty names none."""
    id_pattern: str = r"[^\s]{1,64}"
    """What a Schengen ID looks like here, as a regular expression; its structure is not public."""
    follow_seconds: float = FOLLOW_SECONDS
    """Pause between two looks at the notices of N.SIS (deleted alerts, warnings); 0 does not look."""

    def check_own(self, name: str) -> None:
        """Raise `Misconfigured` for what the shared check does not know."""
        wrong = []
        try:
            re.compile(self.id_pattern)
        except re.error:
            wrong.append("id_pattern: this is no regular expression")
        if self.follow_seconds < 0:
            wrong.append("follow_seconds: it must not be negative")
        if wrong:
            raise Misconfigured("nsis.settings", f"The adapter {name} is not configured.", operator="\n".join(wrong))
