"""What this gateway knows: formats with their rules, partners, adapters. Read only."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.api import shown
from gateway.api.callers import SEE, Allowed, Caller, Standing
from gateway.api.models import View
from gateway.identity import digest, family_of

router = APIRouter(prefix="/api/v1", tags=["catalogue"])
Anybody = Annotated[Caller, Depends(Allowed(*SEE))]


class FormatView(View):
    """One format in a list."""

    id: str
    title: str
    root: str = Field(description="Root element in Clark notation.")
    citation: str = Field(
        description="Where it stands what the form is sent for; the layout is a proposal of this project."
    )
    confidence: str = Field(description="How sure that source is.")
    rules: int = Field(description="How many rules it has.")
    versions: list[int] = Field(description="Major versions in which it exists, the current one first.")


class VersionView(View):
    """One version of a family and the days on which it is used, in UTC; null is no limit."""

    family: str
    major: int
    title: str
    current: bool = Field(description="Whether forms of it are shown, checked and routed as they are.")
    accept_from: date | None
    accept_until: date | None = Field(description="Last day on which it is taken in without a warning.")
    refused_from: date | None = Field(description="First day on which it is refused.")
    send_from: date | None
    send_until: date | None
    citation: str
    confidence: str


class FormatsView(View):
    """Every format that the gateway knows, and the versions of their families."""

    formats: list[FormatView]
    versions: list[VersionView]


class RuleView(View):
    """One rule with its source."""

    id: str
    severity: str
    text: str
    field: str
    remedy: str
    citation: str
    confidence: str


class RulesView(View):
    """One format with its rules."""

    id: str
    title: str
    root: str
    rules: list[RuleView]


class PartnerView(View):
    """One foreign office; certificates are shown as SHA-256 only."""

    party: str
    name: str
    channel: str
    addresses: list[str]
    urgent_address: str
    domains: list[str]
    signers: list[str]
    anchors: list[str]
    plain_xmldsig: bool
    receipts: bool
    languages: list[str]
    max_message_octets: int
    retry_hours: int
    test_only: bool
    versions: dict[str, list[int]] = Field(
        description="Major versions that it reads, by family; the current one of a family that is not named."
    )


class PartnersView(View):
    """Every office in the directory."""

    partners: list[PartnerView]


class AdapterView(View):
    """One part that talks to the outside."""

    name: str
    kind: str = Field(description="`inbound`, `outbound`, `register` or `case system`.")


class AdaptersView(View):
    """Who we are and what is connected."""

    office: str
    parties: list[str]
    version: str
    adapters: list[AdapterView]


@router.get("/formats", summary="Formats", responses=shown.FORMATS)
async def formats(standing: Standing, caller: Anybody) -> FormatsView:
    """Every format that can be received or sent."""
    known = standing.gateway.formats
    found = [
        FormatView(
            id=spec.id, title=spec.title, root=spec.root, citation=spec.citation, confidence=spec.confidence,
            rules=len(spec.rules), versions=known.majors(spec.id),
        )
        for spec in known
    ]  # fmt: skip
    families = sorted({family_of(spec.id) for spec in known})
    versions = [VersionView.model_validate(version) for family in families for version in known.versions(family)]
    return FormatsView(formats=found, versions=versions)


@router.get("/formats/rules", summary="One format with its rules", responses=shown.RULES)
async def rules(
    standing: Standing,
    caller: Anybody,
    id: Annotated[str, Query(max_length=80, description="For example `sirene/G@1`.", examples=["sirene/G@1"])],
) -> RulesView:
    """Every rule with severity, remedy, source and how sure that source is."""
    spec = standing.gateway.formats.get(id)
    return RulesView(
        id=spec.id, title=spec.title, root=spec.root, rules=[RuleView.model_validate(rule) for rule in spec.rules]
    )


@router.get("/partners", summary="Partners", responses=shown.PARTNERS)
async def partners(standing: Standing, caller: Anybody) -> PartnersView:
    """The offices that messages are exchanged with, and what is agreed with each."""
    return PartnersView(partners=[
        PartnerView(
            party=partner.party, name=partner.name, channel=partner.channel, addresses=list(partner.addresses),
            urgent_address=partner.urgent_address, domains=list(partner.domains), signers=list(partner.signature.signers),
            anchors=[digest(anchor) for anchor in partner.signature.anchors], plain_xmldsig=partner.signature.plain_xmldsig,
            receipts=partner.receipts, languages=list(partner.languages), max_message_octets=partner.max_message_octets,
            retry_hours=partner.retry_hours, test_only=partner.test_only,
            versions={family: list(majors) for family, majors in partner.versions.items()},
        )
        for partner in sorted(standing.gateway.directory, key=lambda partner: partner.party)
    ])  # fmt: skip


@router.get("/adapters", summary="What is connected", responses=shown.ADAPTERS)
async def adapters(standing: Standing, caller: Anybody) -> AdaptersView:
    """Channels, registers and case systems of this gateway by name; /readyz says which of them do not answer."""
    gateway = standing.gateway
    kinds = {
        "inbound": gateway.inbound,
        "outbound": gateway.outbound,
        "register": gateway.registers,
        "case system": gateway.case_systems,
        "alert system": (gateway.alerts.system.name,) if gateway.alerts else (),
    }
    found = [AdapterView(name=name, kind=kind) for kind, parts in kinds.items() for name in sorted(parts)]
    return AdaptersView(
        office=standing.door.office_name,
        parties=list(gateway.office.parties),
        version=standing.door.version,
        adapters=found,
    )
