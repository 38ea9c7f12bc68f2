"""The vehicle that a query asks about, and how surely a record is about the same one."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gateway.form import Form
from gateway.questions import Match
from schemas.interpol import identifiers

SAME: Final = "same"
UNCLEAR: Final = "unclear"


class AskedVehicle(Struct, frozen=True, kw_only=True):
    """The keys of a query, as compared."""

    vin: str
    plate: str
    country: str
    """Country of the plate."""
    own_country: str
    full: bool

    @classmethod
    def of(cls, form: Form, own_country: str) -> AskedVehicle:
        """The keys that the form gives."""
        vehicle = form.first("Vehicle")
        texts = [
            vehicle.text(name).strip() if vehicle else ""
            for name in ("Vin", "RegistrationNumber", "RegistrationCountry")
        ]
        return cls(
            vin=identifiers.compact(texts[0]),
            plate=identifiers.plate(texts[1]),
            country=texts[2],
            own_country=own_country,
            full=form.value("WantFull") in ("true", "1"),
        )

    @property
    def has_key(self) -> bool:
        """Whether our registers can be searched by it: they know neither engine numbers nor entity ids."""
        return bool(self.vin or self.plate)

    @property
    def is_ours(self) -> bool:
        """Whether the plate is one of our own state."""
        return bool(self.plate) and self.country == self.own_country

    def certainty(self, vin: str, plate: str) -> str | None:
        """How surely a record with these numbers is about the same vehicle; None for not at all."""
        if self.vin and vin == self.vin:
            return SAME
        if self.plate and plate == self.plate:
            contradicted = bool(self.vin and vin)
            return SAME if self.is_ours and not contradicted else UNCLEAR
        return None

    def compare(self, match: Match, *, keys_needed: bool) -> str | None:
        """The same for a record of a register; one that shows no numbers was found under those of the query."""
        vin, plate = identifiers.compact(match.value("vin")), identifiers.plate(match.value("plate"))
        if not (vin or plate) and not keys_needed:
            return SAME if self.vin or self.is_ours else UNCLEAR
        found = self.certainty(vin, plate)
        if keys_needed and found == UNCLEAR and not self.is_ours:
            return None  # a vehicle of ours that happens to bear the number of a foreign plate
        return found

    def knows(self, match: Match) -> bool:
        """Whether the record is about the vehicle asked about, or may be."""
        return self.compare(match, keys_needed=False) is not None
