"""What can be wrong with a message that is sent: the tester names it, the office does it.

The one idea: everything is first done rightly and then spoilt in one place, so that the gateway's refusal has one
possible reason.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from simulators.office.forms import body_of, parse
from simulators.office.signing import ds
from simulators.office.templates import File

KEYS = frozenset({"wrong-key", "expired", "other-signer", "tls-key"})  # signed with another key
WIRE = frozenset({"tls-certificate", "no-tls"})  # right message, wrong connection


def _content(payload: bytes) -> bytes:
    """One text of the body says something else than what was signed."""
    root = parse(payload)
    body = body_of(root)
    leaves = [each for each in (body if body is not None else root).iter(etree.Element) if len(each) == 0 and each.text]
    free = [each for each in leaves if " " in (each.text or "")] or leaves
    free[-1].text = f"{free[-1].text} changed"
    return _bytes(root)


def _signature(payload: bytes) -> bytes:
    root = parse(payload)
    value = root.find(f"{ds('Signature')}/{ds('SignatureValue')}")
    assert value is not None
    text = value.text or ""
    value.text = ("B" if text[0] == "A" else "A") + text[1:]
    return _bytes(root)


def _unsigned(payload: bytes) -> bytes:
    root = parse(payload)
    for each in root.findall(ds("Signature")):
        root.remove(each)
    return _bytes(root)


def _twice(payload: bytes) -> bytes:
    """The signature stands there two times."""
    root = parse(payload)
    root.append(etree.fromstring(etree.tostring(root[-1])))
    return _bytes(root)


def _doctype(payload: bytes) -> bytes:
    root = parse(payload)
    name = etree.QName(root).localname.encode()
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>'
    return declaration + b"<!DOCTYPE " + name + b' [<!ENTITY e "entity">]>' + etree.tostring(root, encoding="UTF-8")[
        len(b"<?xml version='1.0' encoding='UTF-8'?>\n") :
    ]  # fmt: skip


def _truncated(payload: bytes) -> bytes:
    return payload[: len(payload) // 2]


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


PAYLOAD: dict[str, Callable[[bytes], bytes]] = {
    "content": _content,
    "signature": _signature,
    "unsigned": _unsigned,
    "signed-twice": _twice,
    "doctype": _doctype,
    "truncated": _truncated,
}


def _changed_file(files: list[File]) -> list[File]:
    return [replace(files[0], content=files[0].content + b"\x00"), *files[1:]]


def _extra_file(files: list[File]) -> list[File]:
    return [*files, File(name="unlisted.txt", media_type="text/plain", content=b"nobody signed this\r\n")]


FILES: dict[str, Callable[[list[File]], list[File]]] = {
    "attachment": _changed_file,
    "missing-attachment": lambda files: files[1:],
    "extra-attachment": _extra_file,
}
KINDS = tuple(sorted(KEYS | WIRE | PAYLOAD.keys() | FILES.keys()))


def corrupt(payload: bytes, how: str) -> bytes:
    """What a scenario's `corrupt` does to the bytes of a form."""
    if how == "truncate":
        return _truncated(payload)
    if how == "garbage":
        return b"\x00\x01not a form\xff" * 8
    middle = len(payload) // 2
    return payload[:middle] + bytes([payload[middle] ^ 0x01]) + payload[middle + 1 :]


def reference_of(payload: bytes) -> str:
    """For the records, also where the form is spoilt."""
    found = re.search(rb"OurReference>([^<]{1,64})<", payload)
    return found[1].decode("utf-8", "replace") if found else ""
