"""What the core asks of the Europol family. Its handling codes are the rows of `handling.toml`."""

from functools import cache
from importlib.resources import files
from typing import Final

from gateway.clocks.definition import ClockTable
from gateway.clocks.table import read_clocks
from gateway.families import Effect, Family, HandlingCode
from schemas.europol.vocabulary import handling_codes


def _codes() -> tuple[HandlingCode, ...]:
    return tuple(
        HandlingCode(
            code=code,
            effect=Effect.OFFICER if row["holds_reply"] else Effect.FREE,
            text=f"{row['meaning'][:1].upper()}{row['meaning'][1:]}.",
            citation=row["citation"],
        )
        for code, row in handling_codes().items()
    )


@cache
def clocks() -> ClockTable:
    """The legal clocks of the family."""
    return read_clocks(
        (files("schemas.europol") / "clocks.toml").read_text(encoding="utf-8"), file="schemas/europol/clocks.toml"
    )


FAMILY: Final = Family(
    name="europol", channel_origin="EUROPOL", legal_basis="LG-DIR-977", handling_required=True, handling=_codes(), clocks=clocks(),
    binding=frozenset({
        "EUR-09-in", "EUR-09-out", "EUR-09-sense-in", "EUR-09-sense-out", "EUR-10", "EUR-12", "EUR-13-in", "EUR-13-out", "EUR-16",
        "EUR-16-sum", "EUR-17", "EUR-18", "EUR-24", "EUR-29", "EUR-53", "EUR-55",
    }),
)  # fmt: skip
