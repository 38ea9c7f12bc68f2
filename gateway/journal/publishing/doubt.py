"""Why the log is not continued. Whoever continues a log over something that does not agree signs a fork with the office's own key; so
every disagreement stops the log and nothing else.
"""

from __future__ import annotations

from typing import Final

CHECKPOINT_FALSE: Final = "log.checkpoint-false"
CHECKPOINT_AHEAD: Final = "log.checkpoint-ahead"
CHECKPOINT_FORKED: Final = "log.checkpoint-forked"
CHECKPOINT_BEHIND: Final = "log.checkpoint-behind"
ROOT_DIFFERS: Final = "log.root-differs"
TILE_MISSING: Final = "log.tile-missing"
TILE_DAMAGED: Final = "log.tile-damaged"
TILE_DIFFERS: Final = "log.tile-differs"
JOURNAL_CUT: Final = "log.journal-cut"
JOURNAL_BROKEN: Final = "log.journal-broken"
ENTRY_DIFFERS: Final = "log.entry-differs"
KEY_MISSING: Final = "log.key-missing"
KEY_FOREIGN: Final = "log.key-foreign"


class Doubt(Exception):
    """What was found does not agree: a stable code, the place (a file, or an entry's number), and a sentence."""

    def __init__(self, code: str, place: str, words: str) -> None:
        super().__init__(f"{code} at {place}: {words}")
        self.code, self.place, self.words = code, place, words
