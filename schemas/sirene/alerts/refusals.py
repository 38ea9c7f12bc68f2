"""Rules about alerts and the findings they give: one place that knows how such a finding looks."""

from __future__ import annotations

from typing import Final

from gateway.alerts.words import Alert
from gateway.findings import Finding, Severity
from gateway.identity import PartyId

MULTIPLE: Final = "Regulation (EU) 2018/1862 Art 23; 2018/1861 Art 23"
OWNER: Final = "Regulation (EU) 2018/1862 Art 59(1); 2018/1861 Art 44(1)"


def refusal(rule: str, field: str, text: str, remedy: str, citation: str) -> Finding:
    """Something that the alert system must not be asked to do."""
    return Finding(rule=rule, severity=Severity.ERROR, text=text, field=field, remedy=remedy, citation=citation)


def remark(rule: str, field: str, text: str, remedy: str, citation: str) -> Finding:
    """Something that an officer should know and that stops nothing."""
    return Finding(rule=rule, severity=Severity.WARNING, text=text, field=field, remedy=remedy, citation=citation)


def not_ours(alert: Alert, own: frozenset[PartyId]) -> tuple[Finding, ...]:
    """Only the state that issued an alert may change or delete it."""
    if alert.issuer in own:
        return ()
    return (
        refusal(
            "ALT-OWNER", "issuer", f"The alert was issued by {alert.issuer}; only the issuing state may change it.",
            f"Ask {alert.issuer}: by form J where data are wrong, F for a flag, M for anything else.", OWNER,
        ),
    )  # fmt: skip
