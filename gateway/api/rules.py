"""The rules of a family with two messages that show each, and what is tolerated from whom. Read only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.api.callers import READ, SEE, Allowed, Caller, Standing
from gateway.api.models import View
from gateway.api.shown import answers
from gateway.errors import Refused
from schemas.rule_listing import chosen, rules_of

router = APIRouter(prefix="/api/v1", tags=["catalogue"])
Anybody = Annotated[Caller, Depends(Allowed(*SEE))]
MayRead = Annotated[Caller, Depends(Allowed(*READ))]
_RULE: Final[dict[str, Any]] = {
    "id": "R38", "severity": "error", "text": "Field 012 is male, female or unknown.", "field": "012", "remedy": "Write M, F or U.",
    "citation": "RO Orders 212/2010 and 58/2024, field 012", "confidence": "secondary", "formats": ["sirene/F@1", "sirene/L@1"],
    "enforced_in": "rule", "remark": "", "passes": "tests/corpus/sirene/FormA/passes/sex-unknown.xml",
    "fails": "tests/corpus/sirene/FormF/fails/R38--sex-x.xml", "tolerable": True, "of_the_list": "error",
    "why_different": "",
}  # fmt: skip
_TOLERANCE: Final[dict[str, Any]] = {
    "partner": "sirene:XB", "rule": "R18", "severity": "info", "from": "2026-12-01", "until": "2027-01-31", "days_left": 61,
    "used": 14, "reason": "Its new case system leaves field 009 out.", "decided_by": "Head of bureau, file XA-2026-118",
}  # fmt: skip


class Severities(StrEnum):
    """How a finding acts."""

    ERROR = "error"
    HOLD = "hold"
    WARNING = "warning"
    INFO = "info"


class ListedRule(View):
    """One rule of a family."""

    id: str
    severity: str
    text: str
    field: str
    remedy: str
    citation: str
    confidence: str
    formats: list[str] = Field(description="Formats that have it; none where it is no rule over one form.")
    enforced_in: str = Field(description="`rule`, else the module that sees to it, or `not yet`.")
    remark: str = Field(description="What is left open.")
    passes: str = Field(description="A message that keeps it, or an exchange in which it is kept, in the source tree.")
    fails: str = Field(description="A message that breaks it, or an exchange in which it is broken.")
    tolerable: bool = Field(description="Whether its severity may be lowered for one partner.")
    of_the_list: str = Field(description="The severity of the family's own list of rules; empty where there is none.")
    why_different: str = Field(description="Why it acts otherwise than the list says; empty where it does not.")


class FamilyRules(View):
    """Every rule of a family."""

    family: str
    rules: list[ListedRule]


class ToleranceView(View):
    """One row of the table of tolerances."""

    partner: str
    rule: str
    severity: str = Field(description="As what the rule's findings count meanwhile.")
    since: str = Field(alias="from", description="First day.")
    until: str = Field(description="Last day.")
    days_left: int = Field(description="Negative once it has expired.")
    used: int = Field(description="How often, by the journal.")
    reason: str
    decided_by: str


class TolerancesView(View):
    """What is put up with from partners."""

    tolerances: list[ToleranceView]


@router.get(
    "/rules", summary="The rules of a family", responses=answers({"family": "sirene", "rules": [_RULE]}, 404, 422)
)
async def rules(
    standing: Standing,
    caller: Anybody,
    family: Annotated[str, Query(max_length=24, description="Name of the family.", examples=["sirene"])],
    letter: Annotated[str, Query(max_length=40, description="Only rules of this form, for example `G`.")] = "",
    severity: Annotated[Severities | None, Query(description="Only rules of this severity.")] = None,
) -> FamilyRules:
    """Each with severity, source and how sure that is, remedy, where it is enforced, a message that keeps it and one that breaks it."""
    formats = standing.gateway.formats
    if not any(spec.id.partition("/")[0] == family for spec in formats):
        raise Refused("family.unknown", "There is no such family. `/api/v1/formats` lists every format.")
    found = chosen(rules_of(family, formats), letter=letter, severity=severity or "")
    return FamilyRules(family=family, rules=[ListedRule.model_validate(rule) for rule in found])


@router.get("/tolerances", summary="What is tolerated", responses=answers({"tolerances": [_TOLERANCE]}))
async def tolerances(standing: Standing, caller: MayRead) -> TolerancesView:
    """Rules that count for less for one partner, until when, and how often that was used."""
    gateway = standing.gateway
    today, rows = gateway.clock.now().date(), tuple(gateway.directory.tolerances)
    uses = await standing.tally.read(gateway.ledger) if rows else {}
    return TolerancesView(tolerances=[
        ToleranceView.model_validate({
            "partner": row.partner, "rule": row.rule, "severity": str(row.severity), "from": str(row.since), "until": str(row.until),
            "days_left": (row.until - today).days, "used": uses.get((row.partner, row.rule), 0), "reason": row.reason,
            "decided_by": row.decided_by,
        })
        for row in rows
    ])  # fmt: skip
