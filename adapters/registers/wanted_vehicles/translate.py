"""Our words into the keys of the register of wanted vehicles (national systems dossier, section 3.3, NR-12).

The one idea: a vehicle and its plates are wanted separately, so a vehicle with both numbers is searched by both.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.registers.contract import Keys
from adapters.rest.identifiers import plate, vin
from gateway.subjects import Subject, Vehicle


def searches(subject: Subject) -> Sequence[Keys]:
    """The searches for a vehicle; vehicles of every state may be wanted here."""
    if not isinstance(subject, Vehicle):
        return ()
    found: list[Keys] = []
    if number := vin(subject.vin):
        found.append({"vin": number})
    if letters := plate(subject.registration_number):
        found.append({"plate": letters})
    return found
