"""What the core asks of the INTERPOL family: above all, what its levels and conditions forbid a machine to do alone."""

from typing import Final

from gateway.families import Effect, Family, HandlingCode
from schemas.interpol import dialogues

_LEVELS: Final = "Rules on the Processing of Data, articles 112-114 (unverified)"
_CONDITIONS: Final = (
    "Rules on the Processing of Data, articles 58-67 (secondary source for the range, contents unverified)"
)


def _code(code: str, effect: Effect, text: str, citation: str = _CONDITIONS) -> HandlingCode:
    return HandlingCode(code=code, effect=effect, text=text, citation=citation)


FAMILY: Final = Family(
    name="interpol",
    channel_origin="INTERPOL",
    legal_basis="LG-INTERPOL-RPD",
    handling_required=True,
    charts=dialogues.charts(),
    binding=frozenset({"IPV-002", "IPV-007", "IPV-009", "IPV-009-IN", "IPV-014", "IPV-052", "IPV-055", "IPX-001"}),
    handling=(
        _code("IP-OFFICIAL", Effect.FREE, "For official use only.", _LEVELS),
        _code("IP-RESTRICTED", Effect.OFFICER, "Restricted: the channel must be fit for it.", _LEVELS),
        _code("IP-CONFIDENTIAL", Effect.OFFICER, "Confidential: the channel must be fit for it.", _LEVELS),
        _code("C0-TEXT", Effect.OFFICER, "A condition in words that a person must read."),
        _code("C1-POLICE-ONLY", Effect.FREE, "Police cooperation only."),
        _code("C2-NO-EVIDENCE", Effect.FREE, "Not usable in court without a legal assistance request."),
        _code("C3-NO-ONWARD", Effect.OFFICER, "No forwarding to anybody outside the addressees."),
        _code("C4-CONSULT-BEFORE-ACTION", Effect.OFFICER, "Contact the source before any measure."),
        _code("C5-NO-DISCLOSE-SUBJECT", Effect.FREE, "Do not tell the person."),
        _code("C6-EXCLUDE", Effect.EXCLUDES, "Named countries must not see it."),
        _code("C7-ONLY", Effect.ONLY, "Only named countries may see it."),
        _code("C8-PURPOSE", Effect.FREE, "Only for the stated purpose."),
        _code("C9-DESTROY-BY", Effect.FREE, "Delete by the date."),
    ),
)
