"""Forms in a few words: who or what they are about, and the fields that a story needs, in the order that the schemas ask for."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

ORDER = [
    name
    for file in ("family", "parts")
    for name in re.findall(
        '^  <xs:element name="(\\w+)"', Path(f"schemas/sirene/xsd/{file}.xsd").read_text("utf-8"), re.MULTILINE
    )
]
"""Elements of a body and of its parts as they follow each other in every form."""
EXAMPLE = (
    '<Person><Surname no="006">Nobodysen</Surname><Forename no="007">Imaginus</Forename><DateOfBirth no="009">1970-01-31</DateOfBirth>'
    '<Sex no="012">M</Sex><Nationality no="013">XD</Nationality></Person>'
)
NOBODYSEN = {
    "type": "person",
    "family_names": ["Nobodysen"],
    "given_names": ["Imaginus"],
    "date_of_birth": "1970-01-31",
    "sex": "M",
}
NOBODYSEN_THERE = {
    "kind": "PERSON",
    "surnames": ["Nobodysen"],
    "forenames": ["Imaginus"],
    "birthDate": "1970-01-31",
    "sex": "M",
}
CAR = (
    '<Vehicle><VehicleKind>MOTOR_VEHICLE</VehicleKind><Make no="014">Eksempla</Make><Vin no="015">ZZZTESTV1N0000001</Vin>'
    '<RegistrationNumber no="016">QQ00001</RegistrationNumber><RegistrationCountry no="274">XA</RegistrationCountry></Vehicle>'
)
OUR_CAR = {
    "type": "vehicle",
    "vin": "ZZZTESTV1N0000001",
    "registration_number": "QQ00001",
    "registration_country": "XA",
    "make": "Eksempla",
}


def about(alert: str, article: str, *parts: str, subject: str = EXAMPLE, remark: str = "") -> str:
    """The body of a form about an alert, its elements in the order that the schemas of the family ask for."""
    elements = [
        f'<SchengenId no="005" issuer="{alert[:2]}">{alert}</SchengenId>', subject, f'<AlertArticle no="090">{article}</AlertArticle>',
        *((f'<AlertArticleRemark no="090">{remark}</AlertArticleRemark>',) if remark else ()), *parts,
    ]  # fmt: skip
    return "".join(sorted(filter(None, elements), key=_place))


def _place(element: str) -> int:
    name = re.match("<([A-Za-z0-9]+)", element)
    assert name is not None, element
    return ORDER.index(name[1])


def text(words: str) -> str:
    """Field 083."""
    return f'<SupplementaryInformation no="083">{words}</SupplementaryInformation>'


def done(words: str) -> str:
    """Field 088: what was done on the hit."""
    return f'<ActionTaken no="088">{words}</ActionTaken>'


def asks(words: str) -> str:
    """Field 089: what is wanted from the issuer."""
    return f'<RequestForInformation no="089">{words}</RequestForInformation>'


def check(at: datetime, *more: str, place: str = "Specimen Crossing, bridge", occasion: str = "INLAND") -> str:
    """The report of the check, with place and time."""
    said = [
        "<Located>true</Located>", f"<TimeOfCheck>{at:%Y-%m-%dT%H:%M:%SZ}</TimeOfCheck>", f"<PlaceOfCheck>{place}</PlaceOfCheck>", *more,
    ]  # fmt: skip
    return f'<CheckReport occasion="{occasion}">{"".join(sorted(said, key=_place))}</CheckReport>'
