"""Every rule that a single form cannot decide, from the `story_` modules beside this one."""

from __future__ import annotations

from typing import Final

from schemas.sirene.rules import story_alerts, story_hits, story_repeats, story_replies, story_specialities

STORY_RULES: Final = (
    *story_hits.RULES, *story_replies.RULES, *story_alerts.RULES, *story_specialities.RULES, *story_repeats.RULES,
)  # fmt: skip
