"""What is wrong with a change of an alert. Only the issuer changes it; each kind of change has its own conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET

from gateway.alerts.commands import (
    Change,
    DeleteAlert,
    ExtendAlert,
    FlagAlert,
    HideAlert,
    LinkAlerts,
    MisuseIdentity,
    UpdateAlert,
)
from gateway.alerts.words import Alert, Status
from gateway.findings import Finding
from gateway.identity import PartyId
from schemas.sirene.alerts.lifetime import extension_findings, hiding_findings
from schemas.sirene.alerts.minimum import content_findings, misuse_findings
from schemas.sirene.alerts.refusals import not_ours, refusal, remark
from schemas.sirene.alerts.tables import categories
from schemas.sirene.articles import FLAGGED, within

FLAGS: Final = "Regulation (EU) 2018/1862 Arts 24, 25"
LINKS: Final = "Regulation (EU) 2018/1862 Art 63; 2018/1861 Art 48"
ENDED: Final = (Status.DELETED, Status.EXPIRED)


def updated(alert: Alert, change: UpdateAlert) -> Alert:
    """The alert as the change would make it."""
    names = (name for name in msgspec.structs.asdict(change) if name not in ("alert", "version"))
    given = {name: value for name in names if (value := getattr(change, name)) is not UNSET}
    return msgspec.structs.replace(alert, **given)


def flag_possible(alert: Alert) -> bool:
    """Whether another state may ask to flag it."""
    row = categories().get(alert.category)
    if row is not None and row.flag != "as-person":
        return row.flag == "yes"
    return any(within(alert.article, each) for each in FLAGGED)


def change_findings(
    change: Change, alert: Alert, others: Sequence[Alert], own: frozenset[PartyId], now: datetime
) -> Iterator[Finding]:
    """Everything that is wrong with the change."""
    if alert.status in ENDED:
        yield refusal(
            "ALT-ENDED", "status", "The alert is no longer in force.", "Enter a new one where one is needed.",
            "Regulation (EU) 2018/1862 Art 55",
        )  # fmt: skip
        return
    foreign = not_ours(alert, own)
    if foreign:
        yield from foreign
    elif isinstance(change, UpdateAlert):
        yield from content_findings(updated(alert, change), own)
    else:
        yield from _conditions(change, alert, others, now)


def _conditions(change: Change, alert: Alert, others: Sequence[Alert], now: datetime) -> Iterator[Finding]:
    match change:
        case ExtendAlert():
            yield from extension_findings(alert, change.until, change.assessment, now)
        case FlagAlert():
            yield from _flag(change, alert)
        case LinkAlerts():
            yield from _links(change, alert, others)
        case MisuseIdentity():
            if change.identity is not None:
                yield from misuse_findings(change.identity)
        case HideAlert():
            yield from hiding_findings(alert, change.until, change.authorisation, now)
        case DeleteAlert():
            if not change.ground.strip():
                yield refusal(
                    "ALT-DEL", "ground", "The deletion gives no ground.", "Say why.", "Regulation (EU) 2018/1862 Art 55"
                )


def _flag(change: FlagAlert, alert: Alert) -> Iterator[Finding]:
    if change.remove:
        if change.state not in alert.flagged_for:
            yield refusal(
                "ALT-FLAG", "state", f"There is no flag of {change.state}.", "Name the state that is flagged.", FLAGS
            )
        return
    if change.state == alert.issuer:
        yield refusal("ALT-FLAG", "state", "A state does not flag its own alert.", "Delete the alert.", FLAGS)
    if change.state in alert.flagged_for:
        yield refusal(
            "ALT-FLAG", "state", f"The alert is flagged for {change.state} already.", "Nothing is to be done.", FLAGS
        )
    if not flag_possible(alert):
        yield refusal(
            "ALT-FLAG", "category", "Alerts of this category cannot be flagged.",
            "Only alerts under Articles 26, 32, 36 and 37a can be.", "Regulation (EU) 2018/1862 Art 24(1)",
        )  # fmt: skip
    if not change.reason.strip():
        yield refusal(
            "ALT-FLAG", "reason", "The flag gives no reason.", "Repeat the reason of field 080 of the F form.", FLAGS
        )
    if not change.requested_by.strip():
        yield remark(
            "ALT-FLAG", "requested_by", "It is not said which F form asked for the flag.",
            "Give its reference (field 002): a flag is added at the request of the other state only.", FLAGS,
        )  # fmt: skip


def _links(change: LinkAlerts, alert: Alert, others: Sequence[Alert]) -> Iterator[Finding]:
    known = {each.id: each for each in others}
    if not change.others or alert.id in change.others:
        yield refusal(
            "ALT-LINK", "others", "Name at least one other alert, and not the alert itself.", "Name it.", LINKS
        )
    for name in change.others:
        if change.remove:
            if name not in alert.links:
                yield refusal(
                    "ALT-LINK", "others", "One of the alerts is not linked.", "Name linked alerts only.", LINKS
                )
        elif (other := known.get(name)) is None:
            yield refusal("ALT-LINK", "others", "One of the alerts is not known.", "Check the Schengen IDs.", LINKS)
        elif other.issuer != alert.issuer:
            yield refusal(
                "ALT-LINK", "others", "A state links its own alerts only.", "Leave the alert of another state out.",
                f"{LINKS}(1)",
            )  # fmt: skip
        elif other.status in ENDED:
            yield refusal("ALT-LINK", "others", "One of the alerts is no longer in force.", "Leave it out.", LINKS)
