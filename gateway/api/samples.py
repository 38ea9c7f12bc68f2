"""Example answers for the API description: the vehicle story, with fictitious people, numbers and offices."""

from __future__ import annotations

from typing import Any, Final

ID: Final = "019dee00-7d10-7a01-8b3c-5e0f9a1c0001"
REPLY: Final = "019dee00-8e22-7a01-8b3c-5e0f9a1c0002"
DIGEST: Final = "6ab1c5f1d7c4f0ce8f0f6a9f3f0e2b7d4c5a69788796a5b4c3d2e1f001122334"
HASH: Final = "b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184"
BEFORE: Final = "591785b794601e212b260e25925636fd591785b794601e212b260e25925636fd"
NOON: Final = "2026-11-21T12:00:00Z"

LINKS: Final = {
    "self": f"/api/v1/messages/{ID}",
    "timeline": f"/api/v1/messages/{ID}/timeline",
    "raw": f"/api/v1/messages/{ID}/raw",
}
SUBMITTED: Final = {"id": ID, "digest": DIGEST, "known_before": False, "links": LINKS}
SUMMARY: Final = {
    "id": ID, "direction": "inbound", "kind": "message", "channel": "smtp", "state": "acknowledged", "account": "delivered",
    "format": "sirene/G@1", "counterpart": "sirene:XB", "message_id": "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001",
    "our_reference": "XB-G-2026-0000001", "exchange": "XA00000000000000042", "cause": "", "urgency": "URGENT", "test": False,
    "received_at": NOON, "updated_at": NOON, "due": None, "attempts": 0, "reason_code": "", "reason_public": "",
    "digest": DIGEST, "octets": 4711, "destroyed": None,
}  # fmt: skip
LIST: Final = {"messages": [SUMMARY], "next": ""}
HEARD: Final = {"status": "good", "why": "", "source": "lists/xb.crl", "as_of": NOON}
FINDING: Final = {
    "rule": "HDR-05", "severity": "warning", "text": "An urgent message gives no reason.", "field": "Header/UrgencyReason",
    "remedy": "State why it is urgent.", "citation": "rule of this project: published header schema (header.xsd), element UrgencyReason",
}  # fmt: skip
FIELD: Final = {
    "name": "RegistrationNumber",
    "label": "Registration number",
    "number": "016",
    "value": "QQ00001",
    "attributes": {},
    "fields": [],
}
DETAIL: Final[dict[str, Any]] = {
    "summary": SUMMARY,
    "claim": {
        "sender": "oper@xb.sirene.example", "recipients": ["sirene@xa.spoc.example"], "remote": "127.0.0.1:40312",
        "encryption": "TLSv1.3 TLS_AES_256_GCM_SHA384", "certificate": "", "reference": "<0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001.1@xb.sirene.example>",
    },
    "header": {
        "message_id": "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001", "sent": "2026-11-21T09:15:00Z", "sender": "sirene:XB", "to": ["sirene:XA"],
        "our_reference": "XB-G-2026-0000001", "urgency": "URGENT",
    },
    "title": "Hit on an alert",
    "fields": [{"name": "Vehicle", "label": "Vehicle", "number": "", "value": "", "attributes": {}, "fields": [FIELD]}],
    "subjects": [{"type": "vehicle", "registration_number": "QQ00001", "registration_country": "XA", "vin": "ZZZTESTV1N0000001"}],
    "parts": [{"file_name": "vehicle-front.jpg", "media_type": "image/jpeg", "size": 182044, "sha256": DIGEST}],
    "findings": [FINDING],
    "signature": {
        "party": "sirene:XB", "profile": "xades-b", "algorithm": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "certificate": DIGEST,
        "subject": "SIRENE XB signing", "serial": "1", "signed_at": "2026-11-21T09:15:00Z", "revocation": [HEARD],
        "smime": {
            "layers": ["encrypted", "signed"], "cipher": "aes-256-gcm", "algorithm": "ecdsa-sha256", "subject": "CN=SIRENE XB mail",
            "certificate": DIGEST, "signed_at": "2026-11-21T09:15:00Z", "revocation": [HEARD],
        },
    },
    "routing": {
        "row": "sirene-vehicle-hit", "registers": ["crm", "wanted_vehicles"], "case_system": "polsas", "forward_to": [], "hold": "",
        "answer": "automatic", "settle": False, "explanation": ["A hit on a vehicle of ours: the vehicle registers are asked."],
    },
    "answers": [{
        "register_name": "crm", "request_id": "019dee00-7d11-7a01-8b3c-5e0f9a1c0009", "outcome": "MATCHES", "asked_at": NOON,
        "answered_at": NOON, "as_of": NOON, "subject_kind": "vehicle", "partial": False, "failure": "", "digest": DIGEST,
        "matches": [{
            "record": "r1", "kind": "EXACT_KEY", "score": 1.0, "fields": {"plate": "QQ00001", "status": "REGISTERED"}, "handling": [],
            "disclosable": "",
        }],
    }],
    "cases": [{"case_system": "polsas", "reference": "9999-99999-00001-26", "idempotency_key": ID, "opened": True, "at": NOON}],
    "leg": None,
    "transmissions": [],
    "receipts": [],
    "reached": [],
    "standing": "final",
    "read_at": NOON,
    "releases": [{"officer": "user:officer", "reason": "Checked by telephone.", "at": NOON, "code": "rules.officer"}],
    "reason": None,
    "breaks": 0,
    "links": LINKS,
}  # fmt: skip
ENTRY: Final = {
    "number": 7, "at": NOON, "event": "envelope.received",
    "meaning": "Bytes, key and journal entry are durable; the sender has been acknowledged.", "actor": "channel:smtp", "envelope": ID,
    "reason": "", "details": {"channel": "smtp", "payload": DIGEST, "octets": "4711"}, "before": BEFORE, "hash": HASH,
    "canonical": '{"actor":"channel:smtp","at":"2026-11-21T12:00:00.000000Z","details":{},"envelope":"","event":"envelope.received","reason":""}',
}  # fmt: skip
TIMELINE: Final = {"envelope": ID, "entries": [ENTRY]}
ACTED: Final = {"id": ID, "state": "routed", "reason_code": "", "links": LINKS}
REASON: Final = {"reason": "The provider agreed by telephone, 2026-11-21 12:10."}
HEAD: Final = {"number": 7, "hash": HASH}
JOURNAL: Final = {"entries": [ENTRY], "next_after": 7, "head": HEAD}
PROOF: Final = {"intact": True, "entries": 7, "head": HEAD, "faults": []}
BALANCE: Final = {
    "accepted": 5, "accounts": {"delivered": 4, "rejected": 0, "held": 1, "waiting": 0, "quarantined": 0},
    "states": {"inbound/acknowledged": 1, "outbound/confirmed": 3, "outbound/held": 1}, "balanced": True,
}  # fmt: skip
_ACCOUNTS: Final = {"delivered": 4, "rejected": 0, "held": 1, "waiting": 0, "quarantined": 0}
BOOKS: Final[dict[str, Any]] = {
    "balanced": False, "accepted": 5, "rows": _ACCOUNTS, "journal": _ACCOUNTS, "counted_to": 71, "more": 0,
    "differences": [{
        "envelope": ID, "row": "confirmed", "journal": "held",
        "words": f"message {ID}: stands as 'confirmed', and here, at its last step, it became held",
    }],
}  # fmt: skip
_SHEET: Final = {
    "id": ID, "direction": "inbound", "counterpart": "sirene:XB", "state": "settled", "reason": "sheet.differs",
    "day": "2026-11-20", "edition": 1, "part": 1, "parts": 1, "sent": 1, "received": 1, "at": NOON,
}  # fmt: skip
SHEETS: Final[dict[str, Any]] = {"sheets": [_SHEET], "next_before": ""}
SHEET: Final[dict[str, Any]] = {
    **_SHEET, "received_up_to": 9,
    "sent_lines": [{"number": 17, "state": "sent", "message_id": ID, "digest": "0" * 64}],
    "received_lines": [{"number": 9, "state": "missing", "message_id": "", "digest": ""}],
}  # fmt: skip
DIFFERENCE: Final[dict[str, Any]] = {
    "sender": "sirene:XA", "receiver": "sirene:XB", "number": 9, "kind": "unheard", "about": ID, "message_id": ID,
    "digest": "", "since": NOON, "note": f"sheet {ID}",
}  # fmt: skip
DIFFERENCES: Final[dict[str, Any]] = {
    "differences": [DIFFERENCE], "series": [{"sender": "sirene:XA", "receiver": "sirene:XB", "last": 12}],
}  # fmt: skip
ALIVE: Final = {"status": "alive"}
READY: Final = {"ready": True, "reasons": [], "checked_at": NOON}
NOT_READY: Final = {"ready": False, "reasons": ["register crm: The register does not answer."], "checked_at": NOON}
TOKEN: Final = {
    "access_token": "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "reader",
}
FORMATS: Final = {
    "formats": [{"id": "sirene/G@1", "title": "Hit on an alert", "root": "{urn:x-spoc:sirene:1}FormG",
        "citation": "SIRENE Manual (2015 text) 2.3", "confidence": "manual-2015", "rules": 12, "versions": [1, 0]}],
    "versions": [{
        "family": "sirene", "major": 0, "title": "layout of 2015", "current": False, "accept_from": None, "accept_until": "2027-06-30",
        "refused_from": "2028-01-01", "send_from": None, "send_until": "2027-12-31",
        "citation": "Commission Implementing Decision 2013/115/EU as replaced in 2015", "confidence": "proposal",
    }],
}  # fmt: skip
RULES: Final = {
    "id": "sirene/G@1", "title": "Hit on an alert", "root": "{urn:x-spoc:sirene:1}FormG",
    "rules": [{
        "id": "HDR-05", "severity": "warning", "text": "An urgent message gives its reason.", "field": "Header/UrgencyReason",
        "remedy": "State why it is urgent.", "citation": "rule of this project: published header schema (header.xsd), element UrgencyReason",
        "confidence": "proposal",
    }],
}  # fmt: skip
PARTNERS: Final = {"partners": [{
    "party": "sirene:XB", "name": "SIRENE bureau of XB", "channel": "smtp", "addresses": ["oper@xb.sirene.example"], "urgent_address": "",
    "domains": [], "signers": ["SIRENE XB signing"], "anchors": [DIGEST], "plain_xmldsig": False, "receipts": True, "languages": ["en"],
    "max_message_octets": 10000000, "retry_hours": 72, "test_only": False, "versions": {"sirene": [1, 0]},
}]}  # fmt: skip
RELOADED: Final = {"partners": 3, "added": ["sirene:XB"], "changed": [], "removed": []}
ADAPTERS: Final = {
    "office": "SPOC", "parties": ["sirene:XA"], "version": "0.1.0",
    "adapters": [{"name": "smtp", "kind": "inbound"}, {"name": "smtp", "kind": "outbound"}, {"name": "crm", "kind": "register"}],
}  # fmt: skip
FORM_JSON: Final[dict[str, Any]] = {
    "counterpart": "sirene:XB",
    "form": {
        "format": "sirene/M@1",
        "header": {"subject": "Question about a vehicle", "language": "en"},
        "fields": [
            {"name": "SchengenId", "value": "XA00000000000000042"},
            {"name": "AlertArticle", "value": "1862:38"},
            {"name": "SupplementaryInformation", "value": "Who may collect the vehicle?"},
        ],
    },
    "attachments": [{"file_name": "vehicle.jpg", "media_type": "image/jpeg", "content_base64": "/9j/4GZpY3RpdGlvdXP/2Q=="}],
}  # fmt: skip
FORM_XML: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<FormM xmlns="urn:x-spoc:sirene:1" xmlns:h="urn:x-spoc:header:1" version="1.0">
  <h:Header>
    <h:MessageId>0193a5c0-7d10-7a01-8b3c-5e0f9a1c0011</h:MessageId>
    <h:Sent>2026-11-21T10:02:00Z</h:Sent>
    <h:From>sirene:XA</h:From>
    <h:To>sirene:XB</h:To>
    <h:OurReference>XA-M-2026-0000011</h:OurReference>
    <h:Subject>Question about a vehicle</h:Subject>
    <h:Urgency>NORMAL</h:Urgency>
    <h:Language>en</h:Language>
    <h:Test>false</h:Test>
  </h:Header>
  <Body>
    <SchengenId no="005">XA00000000000000042</SchengenId>
    <AlertArticle no="090">1862:38</AlertArticle>
    <SupplementaryInformation no="083">Who may collect the vehicle?</SupplementaryInformation>
  </Body>
</FormM>
"""
MIXED: Final = (
    "--b\r\nContent-Type: application/xml\r\n\r\n" + FORM_XML + "\r\n--b\r\nContent-Type: image/jpeg\r\n"
    'Content-Disposition: attachment; filename="vehicle.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n/9j/4GZpY3RpdGlvdXP/2Q==\r\n--b--\r\n'
)
"""With `Content-Type: multipart/mixed; boundary=b`."""
BOOK: Final[dict[str, Any]] = {
    "issue": 7,
    "issued": "2026-11-01T00:00:00+00:00",
    "valid_from": "2026-11-01T00:00:00+00:00",
    "publisher": "SIRENE address book",
    "digest": "0" * 64,
    "stale": False,
    "bureaus": [
        {
            "party": "sirene:XB",
            "state": "XB",
            "name": "SIRENE XB",
            "mailboxes": {"oper": "oper@xb.sirene.example", "message": "message@xb.sirene.example"},
            "telephone": "+999 555 0100",
            "zone": "Europe/Vienna",
            "languages": ["en"],
            "alternatives": ["amqp sirene.xb"],
            "downtimes": [],
            "takes_no_part": [],
            "partner": True,
        }
    ],
}
BOOK_TAKEN: Final = {"issue": 7, "digest": "0" * 64, "changes": ["sirene:XB: mailboxes changed"]}
BOOK_XML: Final = (
    '<AddressBook xmlns="urn:x-spoc:address-book:1" version="1.0" issue="7" issued="2026-11-01T00:00:00Z" '
    'validFrom="2026-11-01T00:00:00Z">…<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">…</ds:Signature></AddressBook>'
)
BROADCAST: Final = {
    "message_id": ID,
    "issue": 7,
    "ordered": [{"party": "sirene:XB", "id": ID, "known_before": False}],
    "left_out": [
        {
            "party": "sirene:XC",
            "reason": "It is no partner of this office; take in its card.",
            "citation": "partners.toml",
        }
    ],
}
STATISTICS: Final[dict[str, Any]] = {
    "family": "sirene",
    "from": "2026-01-01T00:00:00Z",
    "until": "2027-01-01T00:00:00Z",
    "entries": 4711,
    "figures": [
        {
            "id": "forms-sent",
            "title": "Forms sent, by letter and bureau",
            "by": ["letter", "counterpart"],
            "told_to": "eu-LISA and the Commission yearly",
            "citation": "SIRENE Manual (2015 text) 10",
            "confidence": "manual-2015",
            "note": "",
            "total": 2,
            "rows": [{"key": ["P", "sirene:XB"], "count": 2}],
        }
    ],
    "not_from_here": [
        {
            "title": "Records by category in the central system",
            "reason": "eu-LISA counts and publishes them",
            "citation": "Regulation (EU) 2018/1862 Art. 74(3)",
        }
    ],
}
BEHIND: Final[dict[str, Any]] = {
    "figure": "forms-sent",
    "key": ["P", "sirene:XB"],
    "count": 1,
    "listed": [
        {
            "number": 17,
            "at": "2026-11-21T12:00:00Z",
            "event": "envelope.transmitted",
            "envelope": ID,
            "exchange": ID,
            "counterpart": "sirene:XB",
        }
    ],
}
