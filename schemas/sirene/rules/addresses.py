"""Rules about who gets a form, and at which mailbox: what the address book and the specialities of the states say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.addressbook.book import MailboxKind
from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene.concerned import kept_from_form
from schemas.sirene.markers import MarkerKind, marked


def _those_who_take_part(form: Form, occasion: Occasion) -> Iterable[Problem]:
    """What the form itself tells is judged here, on its way in and out. Where it does not tell, the alert system is asked
    (R41-ALERT), and what stays unknown waits for an officer before it goes out (R41-UNKNOWN).
    """
    for party in (*form.header.to, *form.header.info):
        speciality = kept_from_form(form, party, occasion.book)
        if speciality:
            yield f"{party} takes no part in alerts under {speciality.article} ({speciality.citation})."


def _urgent_to_the_operational_mailbox(form: Form, occasion: Occasion) -> Iterable[Problem]:
    urgent = form.header.urgency != "NORMAL" or marked(form, MarkerKind.URGENT)
    if not (occasion.inbound and occasion.book and urgent):
        return
    ours = occasion.own_parties.intersection((*form.header.to, *form.header.info))
    kinds = {
        kind for party in ours for address in occasion.addresses if (kind := occasion.book.mailbox_kind(party, address))
    }
    if kinds and MailboxKind.OPERATIONAL not in kinds:
        yield f"The form says URGENT and came to the mailbox “{', '.join(sorted(kinds))}”."


RULES: Final = (
    Rule(
        id="R21", severity=Severity.ERROR, check=_urgent_to_the_operational_mailbox, field="311",
        text="Urgent forms go to the operational mailbox, and to no other.",
        citation="SIRENE Manual (2015 text) 1.10.3", confidence="manual-2015",
        remedy="Send the form once more, with a new reference, to the operational mailbox that the address book names; telephone where time presses.",
    ),
    Rule(
        id="R41", severity=Severity.ERROR, check=_those_who_take_part, field="004",
        text="A bureau gets nothing about alerts in which its state takes no part, as Ireland in refusal of entry and return.",
        citation="Regulation (EU) 2018/1861 and 2018/1860, territorial scope; rule R41", confidence="verified",
        remedy="Take the bureau that is named out of the receivers.",
    ),
)  # fmt: skip
