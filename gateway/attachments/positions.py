"""Codes of ANSI/NIST-ITL 1 for how a print was taken (impression type) and of which part of the hand it is (friction ridge position)."""

from __future__ import annotations

from typing import Final

from gateway.attachments.recognised import Position

ROLLED: Final = frozenset({1, 3, 21, 23, 25, 27})
FLAT: Final = frozenset({0, 2, 8, 20, 22, 24, 26})
LATENT: Final = frozenset({4, 5, 6, 7, 12, 13, 14, 15})
PALM_IMPRESSIONS: Final = frozenset({10, 11})
PALMS: Final = frozenset(range(20, 39))
FOUR_FINGERS: Final = frozenset({13, 14})
TWO_FINGERS: Final = frozenset({15, *range(40, 47)})
THREE_FINGERS: Final = frozenset({47, 48})
PLAIN_POSITIONS: Final = frozenset({11, 12, *FOUR_FINGERS, *TWO_FINGERS, *THREE_FINGERS})
"""Positions that exist for flat impressions only."""
RIGHT_PALM: Final = frozenset({21, 22, 25, 26, 31, 32, 33, 37})
LEFT_PALM: Final = frozenset({23, 24, 27, 28, 34, 35, 36, 38})
_PALM_RECORD, _LATENT_RECORD = 15, 13


def position_of(record_type: int, impression: int, finger: int) -> Position:
    """Rolled, flat, palm or latent, from the codes of the record."""
    if record_type == _LATENT_RECORD or impression in LATENT:
        return Position.LATENT
    if record_type == _PALM_RECORD or finger in PALMS or impression in PALM_IMPRESSIONS:
        return Position.PALM
    if finger in PLAIN_POSITIONS or impression in FLAT:
        return Position.FLAT
    return Position.ROLLED if impression in ROLLED else Position.OTHER


def fingers_in(finger: int) -> int:
    """How many fingers an image of this position shows."""
    if finger in FOUR_FINGERS:
        return 4
    return 3 if finger in THREE_FINGERS else 2 if finger in TWO_FINGERS else 1


def hand_of(finger: int) -> str:
    """Whose palm: `right`, `left`, or the code itself where it does not say."""
    return "right" if finger in RIGHT_PALM else "left" if finger in LEFT_PALM else str(finger)
