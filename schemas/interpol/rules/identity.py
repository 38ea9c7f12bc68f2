"""Whether a person, or a body, is described well enough: the identifier sets.

The yellow sets are confirmed by a secondary source; the red ones follow the same pattern and are unverified.
"""

from gateway.form import Field, Form


def has_roles(form: Form, *roles: str) -> bool:
    """Whether an attachment with one of these roles is announced: PHOTO, FINGERPRINTS, DNA."""
    return any(entry.role in roles for entry in form.header.attachments)


def _person(form: Form) -> Field | None:
    return form.first("Person")


def _is_named(person: Field) -> bool:
    return all(person.text(name).strip() for name in ("FamilyName", "GivenName", "Sex", "DateOfBirth"))


def is_identified_fully(form: Form) -> bool:
    """Set ID-A: name, sex, birth year, and a description, DNA, fingerprints or an identity document."""
    person = _person(form)
    if person is None or not _is_named(person):
        return False
    described = person.child("Description") or person.child("Identifier") or form.first("Document")
    return bool(described) or has_roles(form, "DNA", "FINGERPRINTS")


def is_identified_by_photo(form: Form) -> bool:
    """Set ID-B: a photo and one more identifier."""
    person = _person(form)
    further = person and any(person.child(name) for name in ("Alias", "NameAtBirth", "Description", "Identifier"))
    return bool(further) and has_roles(form, "PHOTO")


def is_identified_as_missing(form: Form) -> bool:
    """Set ID-Y1: name, sex, birth year, and a description, photo, DNA or fingerprints."""
    person = _person(form)
    if person is None or not _is_named(person):
        return False
    return bool(person.child("Description")) or has_roles(form, "PHOTO", "DNA", "FINGERPRINTS")


def is_identified_as_unknown(form: Form) -> bool:
    """Set ID-Y2, for persons who cannot say who they are: description, sex, and a photo, fingerprints or DNA."""
    person = _person(form)
    if person is None or not (person.child("Description") and person.text("Sex")):
        return False
    return has_roles(form, "PHOTO", "DNA", "FINGERPRINTS")
