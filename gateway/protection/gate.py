"""The gate that every message of substance passes on its way out. It denies by default: a code that nobody knows holds the message.

What each code forbids is a fact of its family (`gateway.families`); here stands only what follows from it.
"""

from __future__ import annotations

from gateway.envelope import Envelope
from gateway.families import Effect, Family, HandlingCode
from gateway.form import Condition
from gateway.verdict import Reason


def onward(envelope: Envelope, family: Family) -> Reason | None:
    """Why an outbound envelope must wait for an officer, or None when its handling codes leave it free to go."""
    if family.technical:
        return None
    conditions = envelope.form.header.handling
    if family.handling_required and not conditions:
        return Reason(
            code="handling.missing", public="The message carries no handling code; an officer must decide which apply."
        )
    receiver = envelope.claim.recipients[0].partition(":")[2]
    held = [code for each in conditions if not _free(each, code := family.handling_code(each.code), receiver)]
    if not held:
        return None
    words = " ".join(code.text for code in held)
    names = ", ".join(code.code for code in held)
    return Reason(code="handling.officer", public=f"Handling code {names}: {words} An officer's release is needed.")


def _free(condition: Condition, code: HandlingCode, receiver: str) -> bool:
    """Whether a condition lets a message go to this receiver without a person."""
    named = receiver in {part.strip().upper() for part in condition.text.split(",")}
    match code.effect:
        case Effect.FREE:
            return True
        case Effect.EXCLUDES:
            return not named
        case Effect.ONLY:
            return named
        case _:
            return False
