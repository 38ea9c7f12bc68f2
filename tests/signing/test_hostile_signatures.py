"""Signed documents bent at random: they are refused in our own words, or they still prove exactly what was signed."""

from __future__ import annotations

import copy
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import Refused
from gateway.safexml import canonical
from gateway.signing.reasons import SENTENCES
from gateway.signing.verify import StrictVerifier
from tests.signing.forge import AT, C14N, DS, FORM, MORE, NAMES, SHA256, XADES, partner, sign

CONTENT = canonical(etree.fromstring(FORM))
VERIFIER = StrictVerifier()
PARTNER = partner(plain_xmldsig=True)

TEMPTING = [
    "", "#", "#sig", "#props", "#xpointer(/)", "#xpointer(id('props'))", "http://xb.sirene.example/",
    "file:///etc/hostname",
    C14N, f"{C14N}#WithComments", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "-1", "A" * 5000, "AAAA", "====",
    "\U0001f600", "http://www.w3.org/2001/10/xml-exc-c14n#", f"{DS}enveloped-signature", f"{DS}base64",
    "http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/TR/1999/REC-xslt-19991116", SHA256, f"{DS}sha1",
    f"{MORE}ecdsa-sha256", f"{MORE}rsa-sha256", f"{MORE}hmac-sha256", f"{DS}rsa-sha1",
]  # fmt: skip
NAMES_TO_GIVE = [
    *(f"{{{DS}}}{name}" for name in ("Signature", "SignedInfo", "Reference", "Object", "KeyValue", "Transform")),
    *(f"{{{XADES}}}{name}" for name in ("SignedProperties", "UnsignedProperties", "Cert", "SigningTime")),
    "{urn:x-spoc:sirene:1}Body", "Signature",
]  # fmt: skip
ATTRIBUTES = ["Id", "ID", "URI", "Type", "Algorithm", "Target", "{http://www.w3.org/XML/1998/namespace}id"]


@cache
def good(plain: bool) -> bytes:
    return sign(plain=plain)


def outcome(document: bytes) -> None:
    """The one property: refused in our own words, or accepted with the very content that was signed."""
    try:
        verified, code = VERIFIER.verify(document, PARTNER, AT).verified, ""
    except Refused as refusal:
        verified, code = b"", refusal.code
    assert verified == CONTENT or code in SENTENCES or code.startswith("xml.")


@settings(max_examples=400, deadline=None)
@given(
    plain=st.booleans(),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=6)), max_size=4),
)
def test_bytes_bent_at_random(plain: bool, edits: list[tuple[float, int, bytes]]) -> None:
    document = good(plain)
    for where, cut, paste in edits:
        place = int(where * len(document))
        document = document[:place] + paste + document[place + cut :]
    outcome(document)


@settings(max_examples=100, deadline=None)
@given(document=st.binary(max_size=300))
def test_any_bytes_at_all(document: bytes) -> None:
    outcome(document)


def _elements(root: etree._Element) -> list[etree._Element]:
    return list(root.iter(etree.Element))


def _move(source: etree._Element, target: etree._Element, place: int) -> None:
    if target is not source and source not in target.iterancestors():
        target.insert(place, source)


def _bend(root: etree._Element, draw: st.DataObject) -> None:
    everything = _elements(root)
    # The signature is a small part of the tree and the part that matters: half of the bends go there.
    signature = [one for one in everything if etree.QName(one).namespace in (DS, XADES)] or everything
    one = draw.draw(st.sampled_from(draw.draw(st.sampled_from([everything, signature]))), "element")
    other = draw.draw(st.sampled_from(everything), "other")
    match draw.draw(
        st.sampled_from(["move", "copy", "remove", "rename", "attribute", "text", "tail", "insert"]), "bend"
    ):
        case "move" if one is not root:
            _move(one, other, draw.draw(st.integers(-1, 3)))
        case "copy" if one is not root:
            other.insert(draw.draw(st.integers(-1, 3)), copy.deepcopy(one))
        case "remove" if one.getparent() is not None:
            one.getparent().remove(one)  # type: ignore[union-attr]
        case "rename":
            one.tag = draw.draw(st.sampled_from(NAMES_TO_GIVE))
        case "attribute":
            one.set(draw.draw(st.sampled_from(ATTRIBUTES)), draw.draw(st.sampled_from(TEMPTING)))
        case "text":
            one.text = draw.draw(st.sampled_from(TEMPTING))
        case "tail" if one is not root:
            one.tail = draw.draw(st.sampled_from([None, "x", " "]))
        case "insert":
            etree.SubElement(one, draw.draw(st.sampled_from(NAMES_TO_GIVE)))


@settings(max_examples=600, deadline=None)
@given(draw=st.data(), plain=st.booleans(), bends=st.integers(1, 4))
def test_trees_bent_at_random(draw: st.DataObject, plain: bool, bends: int) -> None:
    root = etree.fromstring(good(plain))
    for _ in range(bends):
        _bend(root, draw)
    outcome(etree.tostring(root))


def test_a_bend_that_changes_nothing_signed_is_accepted() -> None:
    # The property above would hold of a verifier that refuses everything.
    root = etree.fromstring(good(plain=False))
    value = root.find("ds:Signature/ds:SignatureValue", NAMES)
    assert value is not None
    value.text = "\n".join((value.text or "")[start : start + 16] for start in range(0, 88, 16))
    assert VERIFIER.verify(etree.tostring(root), PARTNER, AT).verified == CONTENT
