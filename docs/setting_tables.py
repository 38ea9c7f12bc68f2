"""Settings as tables: names, defaults and sentences from pydantic models and msgspec structs."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from docs.markdown import code, table


def settings(place: str, *inherited: str) -> str:
    """Every setting of a class: `settings config.settings.Api`; `inherited` names a class whose own fields are left out."""
    module, _, name = place.rpartition(".")
    found = getattr(import_module(module), name)
    known = (
        _fields(getattr(import_module(inherited[0].rpartition(".")[0]), inherited[0].rpartition(".")[2]))
        if inherited
        else {}
    )
    fields = {one: told for one, told in _fields(found).items() if one not in known}
    return table(
        ("setting", "default", "meaning"), ((code(one), default, words) for one, (default, words) in fields.items())
    )


def _fields(found: type) -> dict[str, tuple[str, str]]:
    return _pydantic(found) if hasattr(found, "model_fields") else _struct(found)


def _pydantic(found: Any) -> dict[str, tuple[str, str]]:
    from pydantic_core import PydanticUndefined

    told = {}
    for name, field in found.model_fields.items():
        default = (
            "needed"
            if field.is_required()
            else field.default
            if field.default is not PydanticUndefined
            else field.default_factory()
        )
        if (
            name not in PARTNER_WORDS
            and not field.description
            and default != "needed"
            and hasattr(default, "model_fields")
        ):
            default = "see below"
        told[name] = (_default(default), field.description or PARTNER_WORDS.get(name, ""))
    return told


PARTNER_WORDS = {
    "party": "The office, as role:code.", "name": "Its name, shown to people.",
    "addresses": "Mail addresses it writes from and reads; the first is where we write to.",
    "domains": "Mail domains that are its own: any sender there is the partner.", "urgent_address": "Where urgent messages go instead.",
    "channel": "The outbound channel: `smtp` or `amqp`.", "plain_xmldsig": "Whether XML-DSig without the XAdES properties is accepted.",
    "weak_rsa_until": "Until when (a date) RSA keys of 2048 bits are tolerated.", "mail": "Table `[partner.mail]`, see below.",
    "queue": "Table `[partner.queue]`, see below.", "receipts": "Whether it understands our technical receipts.",
    "languages": "Languages it reads, best first; another one is told as a warning (PTR-02).",
    "max_message_octets": "Longest message it takes, in octets; a longer one is not sent (PTR-01).",
    "retry_hours": "After so many hours without success an officer is called.",
    "test_only": "Whether receipts to it carry the test marker even where its message could not be read.",
    "host": "Its mail server.", "port": "And the port.", "starttls": "Outbound: `required`, or `never` on a loopback address.",
    "ca_pem": "Certificates, in PEM, that its mail server (and its client certificates) must chain to.",
    "client_certificate": "Inbound: `optional` or `required`.",
    "client_certificates": "SHA-256 of the client certificates it may show; empty for any issued by `ca_pem`.",
    "max_connections": "Most connections to it at once.", "messages_per_hour": "Most messages taken from it within an hour.",
    "exchange": "Exchange to publish to; empty for the channel's.", "routing_key": "Routing key; empty for the channel's.",
    "roles": "What it may do: `submitter`, `reader`, `officer`, `auditor`, `operator`.",
    "key": "PEM file with the private key, or the URI of a key in a PKCS#11 token (RFC 7512).", "certificate": "PEM file with the certificate and its chain.",
}  # fmt: skip
"""Where the settings file has no description of its own."""


def _struct(found: Any) -> dict[str, tuple[str, str]]:
    import msgspec

    words: dict[str, str] = {}
    for one in reversed(found.__mro__):
        if one.__module__.startswith("adapters."):
            words |= _words_below(Path(str(sys.modules[one.__module__].__file__)), one.__name__)
    told = {}
    for field in msgspec.structs.fields(found):
        factory = field.default_factory is not msgspec.NODEFAULT
        default = (
            field.default_factory() if factory else "needed" if field.default is msgspec.NODEFAULT else field.default
        )
        told[field.name] = (_default(default), words.get(field.name, ""))
    return told


def _words_below(file: Path, name: str) -> dict[str, str]:
    """The sentence below each field of a class."""
    (found,) = [
        node
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and node.name == name
    ]
    words = {}
    for here, after in zip(found.body, found.body[1:], strict=False):
        if isinstance(here, ast.AnnAssign) and isinstance(here.target, ast.Name) and isinstance(after, ast.Expr):
            words[here.target.id] = str(ast.literal_eval(after.value))
    return words


def _default(value: object) -> str:
    if value in ("needed", "see below"):
        return str(value)
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, tuple | list):
        return code(", ".join(map(str, value))) or "none"
    if isinstance(value, dict):
        return code(", ".join(f"{name} = {one}" for name, one in value.items())) or "none"
    return code(f"{value:g}" if isinstance(value, float) else value) or "none"
