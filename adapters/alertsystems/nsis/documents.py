"""What goes over the wire of N.SIS, as typed documents (national systems dossier, FC-02/03; a proposal)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(max_length=10_000)]
Short = Annotated[str, Meta(max_length=200)]


class Identifier(Struct, rename="camel", omit_defaults=True):
    """A number that a state gave to a person."""

    kind: Short
    value: Short
    country: Short = ""


class SubjectDocument(Struct, rename="camel", omit_defaults=True):
    """A person, vehicle, document or object; `kind` says which, and only its own members are set."""

    kind: Short
    surnames: list[Short] = []
    forenames: list[Short] = []
    birth_date: Short = ""
    sex: Short = ""
    nationalities: list[Short] = []
    identifiers: list[Identifier] = []
    aliases: list[Short] = []
    minor: bool = False
    vin: Short = ""
    plate: Short = ""
    country: Short = ""
    engine_number: Short = ""
    make: Short = ""
    model: Short = ""
    colour: Short = ""
    vehicle_kind: Short = ""
    document_kind: Short = ""
    number: Short = ""
    issuing_country: Short = ""
    status_text: Short = ""
    object_kind: Short = ""
    serial: Short = ""
    details: dict[Short, Text] = field(default_factory=dict)


class BiometricDocument(Struct, rename="camel"):
    """A set of biometrics by its reference."""

    kind: Short
    reference: Short
    count: int = 1


class FlagDocument(Struct, rename="camel"):
    """The flag of one state."""

    state: Short
    since: datetime | None = None
    reason: Text = ""
    requested_by: Short = ""


class ConsentDocument(Struct, rename="camel"):
    """Consent of an innocent person to one category of data."""

    category: Short
    given_on: date | None = None
    withdrawn_on: date | None = None


class MisuseDocument(Struct, rename="camel"):
    """Data of an innocent person."""

    alias_number: Short = ""
    content: dict[Short, Text] = field(default_factory=dict)
    biometrics: list[BiometricDocument] = []
    consents: list[ConsentDocument] = []


class AlertDocument(Struct, rename="camel"):
    """An alert as N.SIS shows it. Of a deleted one there is no content."""

    entry_id: Annotated[str, Meta(min_length=1, max_length=64)]
    issuing_state: Short
    category: Short
    article: Short
    status: Short = "ACTIVE"
    version: Short = ""
    subject: SubjectDocument | None = None
    action: Text = ""
    reason: Text = ""
    authority: Text = ""
    decision_reference: Text = ""
    particulars: dict[Short, Text] = field(default_factory=dict)
    biometrics: list[BiometricDocument] = []
    report_at_once: bool = False
    entered_on: datetime | None = None
    valid_until: datetime | None = None
    review_on: datetime | None = None
    links: list[Short] = []
    flags: list[FlagDocument] = []
    misused_identity: MisuseDocument | None = None
    remarks: list[Text] = []
    hidden_until: datetime | None = None
    deleted_on: datetime | None = None


class ChangeDocument(Struct, rename="camel"):
    """One notice of the change feed."""

    number: int
    kind: Short
    entry_id: Annotated[str, Meta(min_length=1, max_length=64)]
    issuing_state: Short
    category: Short
    article: Short
    at: datetime
    valid_until: datetime | None = None


class PageDocument(Struct, rename="camel"):
    """What a page of the feed has beside the answer envelope."""

    cursor: Annotated[str, Meta(max_length=200, pattern=r"^[\x21-\x7e]*\Z")]
    more: bool = False


Members = dict[str, Any]
