"""Our words into the keys of CRM (national systems dossier, section 3.3, NR-10).

The one idea: the VIN names the vehicle, the plate only what is screwed to it now. So the VIN is asked first, the plate
only when the VIN finds nothing; and the plate of another state is never asked, since ours may bear the same letters.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.registers.contract import Keys
from adapters.rest.identifiers import plate, vin
from gateway.subjects import Subject, Vehicle


def searches(subject: Subject, country: str = "") -> Sequence[Keys]:
    """The searches for a vehicle, best first. `country` is ours; empty asks for plates of every state."""
    if not isinstance(subject, Vehicle):
        return ()
    found: list[Keys] = []
    if number := vin(subject.vin):
        found.append({"vin": number})
    is_ours = not country or subject.registration_country in ("", country)
    if is_ours and (letters := plate(subject.registration_number)):
        found.append({"plate": letters})
    return found
