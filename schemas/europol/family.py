"""What the core asks of the Europol family. Its handling codes are the rows of `handling.toml`."""

from typing import Final

from gateway.families import Effect, Family, HandlingCode
from schemas.europol import dialogues
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


FAMILY: Final = Family(
    name="europol", channel_origin="EUROPOL", legal_basis="LG-DIR-977", handling_required=True, handling=_codes(),
    charts=dialogues.charts(), clocks=dialogues.clocks(),
    binding=frozenset({
        "EUR-09-in", "EUR-09-out", "EUR-09-sense-in", "EUR-09-sense-out", "EUR-10", "EUR-12", "EUR-13-in", "EUR-13-out", "EUR-16",
        "EUR-16-sum", "EUR-17", "EUR-18", "EUR-24", "EUR-29", "EUR-53", "EUR-55",
    }),
)  # fmt: skip
