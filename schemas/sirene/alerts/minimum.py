"""What an alert must hold before it may be entered: minimum data, what fits its category, biometrics within limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.alerts.words import Alert, BiometricKind, MisusedIdentity
from gateway.findings import Finding
from gateway.identity import PartyId
from gateway.subjects import Document, Person, Subject, Thing, Vehicle, said
from schemas.sirene.alerts.refusals import not_ours, refusal, remark
from schemas.sirene.alerts.tables import (
    Category,
    biometric_limits,
    categories,
    misuse_data,
    object_categories,
    person_data,
)
from schemas.sirene.articles import within

PRINTS: Final = (BiometricKind.FLAT_PRINTS, BiometricKind.ROLLED_PRINTS, BiometricKind.PALM_PRINTS)
PICTURES: Final = (BiometricKind.PHOTOGRAPH, BiometricKind.FACIAL_IMAGE)
OF_UNKNOWN: Final = "UNK"
MINIMUM: Final = {
    "1862": "Regulation (EU) 2018/1862 Art 22", "1861": "Regulation (EU) 2018/1861 Art 22",
    "1860": "Regulation (EU) 2018/1860 Art 4(2)",
}  # fmt: skip
KINDS: Final = "Regulation (EU) 2018/1862 Arts 26 to 40; 2018/1861 Arts 24, 25; 2018/1860 Art 3"
MISUSE: Final = "Regulation (EU) 2018/1862 Art 62"
_PICTURES_OF_MISUSE: Final = {
    **dict.fromkeys(PICTURES, "PHOTOGRAPHS"),
    **dict.fromkeys(PRINTS, "DACTYLOSCOPIC"),
}


def object_category(subject: Subject) -> str:
    """The code of an object in the table of objects; empty for a person."""
    match subject:
        case Vehicle():
            return subject.kind.upper() or "MOTOR_VEHICLE"
        case Document():
            kind = subject.kind.upper()
            if kind in object_categories():
                return kind
            return "BLANK_DOCUMENT" if kind.startswith("BLANK") else "IDENTITY_DOCUMENT"
        case Thing():
            return subject.kind.upper()
        case _:
            return ""


def content_findings(alert: Alert, own: frozenset[PartyId]) -> Iterator[Finding]:
    """Everything that is wrong with what an alert says; nothing about how long it lives."""
    yield from not_ours(alert, own)
    category = categories().get(alert.category)
    if category is None:
        known = ", ".join(categories())
        yield refusal("ALT-CAT", "category", "There is no such category of alerts.", f"Write one of: {known}.", KINDS)
        return
    yield from _article(alert, category)
    yield from _subject(alert, category)
    yield from _particulars(alert, category)
    yield from _biometrics(alert)
    if alert.misused_identity is not None:
        yield from misuse_findings(alert.misused_identity)


def _article(alert: Alert, category: Category) -> Iterable[Finding]:
    if not any(within(alert.article, each) for each in category.articles):
        fits = " or ".join(category.articles)
        yield refusal(
            "ALT-ART", "article", f"The article does not fit the category {category.code}.", f"Write {fits}.",
            category.citation,
        )  # fmt: skip


def _subject(alert: Alert, category: Category) -> Iterable[Finding]:
    if category.code == OF_UNKNOWN:
        yield from _unknown_person(alert, category)
    elif alert.subject is None:
        yield refusal(
            "ALT-SUBJ",
            "subject",
            "The alert is about nobody and nothing.",
            "Give the person or object.",
            category.citation,
        )
    elif isinstance(alert.subject, Person):
        if "person" not in category.kinds:
            yield _wrong_kind(category)
        else:
            yield from _person_minimum(alert, category)
    elif "object" not in category.kinds:
        yield _wrong_kind(category)
    else:
        yield from _object_minimum(alert, category, alert.subject)


def _wrong_kind(category: Category) -> Finding:
    kinds = " or ".join(category.kinds)
    return refusal(
        "ALT-SUBJ", "subject", f"A {category.title} is not about such a subject.", f"Give a {kinds}.", category.citation
    )


def _unknown_person(alert: Alert, category: Category) -> Iterable[Finding]:
    latent = [each for each in alert.biometrics if each.kind is BiometricKind.LATENT_PRINTS]
    if not latent or len(latent) != len(alert.biometrics):
        yield refusal(
            "ALT-UNK", "biometrics", "An alert on an unknown wanted person holds prints from the scene and nothing else.",
            "Give the reference of the prints as LATENT_PRINTS.", category.citation,
        )  # fmt: skip
    if alert.subject is not None:
        yield refusal(
            "ALT-UNK", "subject", "The alert is on an unknown person and names somebody.",
            "Leave the subject out, or enter an alert of another category.", category.citation,
        )  # fmt: skip


def _person_minimum(alert: Alert, category: Category) -> Iterable[Finding]:
    for row in person_data().values():
        if category.act in row.acts and not _given(alert, row.place, row.code):
            letter = f" ({row.letter})" if row.letter else ""
            yield refusal(
                "ALT-MIN", _named(row.place, row.code), f"The minimum data are not complete: {row.title}{letter}.",
                f"Give {row.title}, or do not enter the alert.", MINIMUM[category.act],
            )  # fmt: skip


def _given(alert: Alert, place: str, code: str) -> bool:
    if place == "particulars":
        return bool(alert.particular(code).strip())
    owner, _, name = place.rpartition(".")
    return bool(getattr(alert.subject if owner == "subject" else alert, name, None))


def _named(place: str, code: str) -> str:
    return f"particulars.{code}" if place == "particulars" else place


def _object_minimum(alert: Alert, category: Category, subject: Subject) -> Iterable[Finding]:
    code = object_category(subject)
    row = object_categories().get(code)
    if row is None:
        known = ", ".join(object_categories())
        yield refusal(
            "ALT-OBJ", "subject.kind", "The kind of object is none that an alert can be about.",
            f"Write one of: {known}.", "Regulation (EU) 2018/1862 Art 38(2)",
        )  # fmt: skip
        return
    if not any(all(said(subject, name).strip() for name in names) for names in row.identified_by):
        wanted = " or ".join(" with ".join(map(_called, names)) for names in row.identified_by)
        yield refusal(
            "ALT-KEY", "subject", f"Nothing identifies the {row.title}.", f"Give {wanted}.",
            f"{row.citation}; that one key is needed is our proposal",
        )  # fmt: skip
    if not within(alert.article, "1862:38") and not any(
        within(alert.article, each) for each in row.also_with.split(";") if each
    ):
        yield refusal(
            "ALT-OBJ", "subject.kind", f"A {row.title} cannot be in an alert under this article.",
            "Enter it under Article 38, or leave it out.", row.citation,
        )  # fmt: skip
    if within(alert.article, "1862:38") and row.letter == "-":
        yield refusal(
            "ALT-OBJ",
            "subject.kind",
            f"A {row.title} is no longer in Article 38.",
            "Enter a check alert.",
            row.citation,
        )
    yield from _says(alert, row.may_say, category)
    for name, value in (("action", alert.action), ("reason", alert.reason)):
        if not value:
            yield remark("ALT-MIN", name, f"The alert gives no {name}.", f"Give the {name}.", "our proposal")


def _called(name: str) -> str:
    """A field as it is told to people; what begins with a capital stands among the details of a thing."""
    return f"{name} among its details" if name[0].isupper() else name.replace("_", " ")


def _says(alert: Alert, may_say: str, category: Category) -> Iterable[Finding]:
    said = alert.subject.status.upper() if isinstance(alert.subject, Document) else ""
    if said and may_say and said not in may_say.split(";"):
        yield refusal(
            "ALT-STATUS", "subject.status", "The alert cannot say this of a document.",
            f"Write one of: {may_say.replace(';', ', ')}.", category.citation,
        )  # fmt: skip


def _particulars(alert: Alert, category: Category) -> Iterable[Finding]:
    known = person_data()
    for code, _ in alert.particulars:
        row = known.get(code)
        if row is None or row.place != "particulars":
            yield refusal(
                "ALT-DATA", f"particulars.{code[:40]}", "An alert holds no such data.",
                "Leave it out; what may be held stands in the table of data of alerts.", "Regulation (EU) 2018/1862 Art 20(3)",
            )  # fmt: skip
        elif row.letter[:4] in ("1860", "1861") and row.letter[:4] != category.act:
            yield refusal(
                "ALT-DATA", f"particulars.{code}", f"{row.title.capitalize()}: not in an alert under this act.",
                "Leave it out.", row.citation,
            )  # fmt: skip
    if category.act != "1862" and isinstance(alert.subject, Person) and alert.subject.identifiers:
        yield refusal(
            "ALT-DATA", "subject.identifiers", "National register numbers stand only in alerts under Regulation 2018/1862.",
            "Leave them out.", "Regulation (EU) 2018/1862 Art 20(3)(q)",
        )  # fmt: skip


def _biometrics(alert: Alert) -> Iterable[Finding]:
    for kind, row in biometric_limits().items():
        held = [each for each in alert.biometrics if each.kind.value == kind]
        count = sum(each.count for each in held)
        if row.most and count > int(row.most):
            yield refusal(
                "ALT-BIO", "biometrics", f"The alert holds {count} of {kind}; {row.most} are allowed.",
                f"Keep at most {row.most}.", row.citation,
            )  # fmt: skip
        if held and row.articles and not any(within(alert.article, each) for each in row.articles.split(";")):
            yield refusal(
                "ALT-BIO", "biometrics", f"{kind} cannot stand in an alert under this article.", "Leave it out.",
                row.citation,
            )  # fmt: skip
    kinds = {each.kind for each in alert.biometrics}
    if BiometricKind.DNA in kinds and kinds.intersection((*PRINTS, *PICTURES)):
        yield remark(
            "ALT-BIO", "biometrics", "A DNA profile is held only where no photograph or prints can be used.",
            "Leave the profile out, or the pictures and prints that cannot be used.",
            "Regulation (EU) 2018/1862 Art 42(3)",
        )  # fmt: skip


def misuse_findings(identity: MisusedIdentity) -> Iterator[Finding]:
    """Data of an innocent person: only what the law lists, each with the person's own consent."""
    listed = misuse_data()
    consents = {each.category for each in identity.consents if each.stands}
    given = [name for name, _ in identity.content]
    given += [_PICTURES_OF_MISUSE.get(each.kind, each.kind.value) for each in identity.biometrics]
    for name in dict.fromkeys(given):
        if name not in listed:
            yield refusal(
                "ALT-MISUSE", f"misused_identity.{name[:40]}", "Such data of an innocent person may not be kept.",
                f"Keep only: {', '.join(listed)}.", f"{MISUSE}(3)",
            )  # fmt: skip
        elif name not in consents:
            yield refusal(
                "ALT-CONSENT", f"misused_identity.{name}", f"The person has not consented to this: {listed[name].title}.",
                "Ask for explicit consent to this category, or leave it out.", f"{MISUSE}(2)",
            )  # fmt: skip
    for consent in identity.consents:
        if consent.category not in listed:
            yield refusal(
                "ALT-MISUSE", "misused_identity.consents", "There is no such category to consent to.",
                f"Use only: {', '.join(listed)}.", f"{MISUSE}(3)",
            )  # fmt: skip
