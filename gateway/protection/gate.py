"""The gate that every message of substance passes on its way out. It denies by default: a code it does not know holds
the message.

The codes are facts of the families; what each of them forbids an automatic sender to do stands in one table here,
with its source.
"""

from __future__ import annotations

from typing import Final

from gateway.envelope import Envelope
from gateway.form import Condition
from gateway.identity import family_of
from gateway.receipts import TECHNICAL_FAMILIES
from gateway.verdict import Reason

FREE, OFFICER, NAMED = "free", "officer", "named"

CODES: Final[dict[str, tuple[str, str]]] = {
    # SIENA handling codes (Council papers 6243/18 and 6261/18, as republished).
    "H0": (FREE, "For preventing and fighting crime."),
    "H1": (OFFICER, "Not to be disclosed in court without the provider's permission."),
    "H2": (OFFICER, "Not to be passed on without the provider's permission."),
    "H3": (OFFICER, "The provider set a restriction in words that a person must read."),
    # INTERPOL levels of confidentiality and conditions (Rules on the Processing of Data, articles 58-67 and 112-114).
    "IP-OFFICIAL": (FREE, "For official use only."),
    "IP-RESTRICTED": (OFFICER, "Restricted: the channel must be fit for it."),
    "IP-CONFIDENTIAL": (OFFICER, "Confidential: the channel must be fit for it."),
    "C0-TEXT": (OFFICER, "A condition in words that a person must read."),
    "C1-POLICE-ONLY": (FREE, "Police cooperation only."),
    "C2-NO-EVIDENCE": (FREE, "Not usable in court without a legal assistance request."),
    "C3-NO-ONWARD": (OFFICER, "No forwarding to anybody outside the addressees."),
    "C4-CONSULT-BEFORE-ACTION": (OFFICER, "Contact the source before any measure."),
    "C5-NO-DISCLOSE-SUBJECT": (FREE, "Do not tell the person."),
    "C6-EXCLUDE": (NAMED, "Named countries must not see it."),
    "C7-ONLY": (NAMED, "Only named countries may see it."),
    "C8-PURPOSE": (FREE, "Only for the stated purpose."),
    "C9-DESTROY-BY": (FREE, "Delete by the date."),
}

MANDATORY: Final = frozenset({"europol", "interpol"})
"""Families in which the provider always states a code; a message without one is treated as restricted until an
officer decides.
"""


def onward(envelope: Envelope) -> Reason | None:
    """Why an outbound envelope must wait for an officer, or None when its handling codes leave it free to go."""
    form = envelope.form
    if family_of(form.format) in TECHNICAL_FAMILIES:
        return None
    if family_of(form.format) in MANDATORY and not form.header.handling:
        return Reason(
            code="handling.missing", public="The message carries no handling code; an officer must decide which apply."
        )
    receiver = envelope.claim.recipients[0].partition(":")[2]
    held = [condition.code for condition in form.header.handling if not _free(condition, receiver)]
    if not held:
        return None
    words = " ".join(CODES.get(code, (OFFICER, "A code that this gateway does not know."))[1] for code in held)
    return Reason(
        code="handling.officer", public=f"Handling code {', '.join(held)}: {words} An officer's release is needed."
    )


def _free(condition: Condition, receiver: str) -> bool:
    """Whether a condition lets a message go to this receiver without a person. An unknown code does not."""
    kind = CODES.get(condition.code, (OFFICER, ""))[0]
    if kind == NAMED:
        named = receiver in {part.strip().upper() for part in condition.text.split(",")}
        return named == (condition.code == "C7-ONLY")
    return kind == FREE
