"""A matter becomes a bundle: members in the order of their names, the list over them, the office's signature over the list.

Messages are read one after another, twice: once to learn what is in them, once to write them. So the largest message decides how much memory it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import BinaryIO, Final, cast

import msgspec
import orjson
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from gateway import parcel
from gateway.envelope import Envelope
from gateway.errors import GatewayError, Refused, Unavailable
from gateway.evidence.collecting import Matter
from gateway.evidence.standalone import forms, manifest, summary, timeline
from gateway.evidence.standalone.certificates import fingerprint
from gateway.evidence.standalone.container import MANIFEST, SIGNATURE, Writer
from gateway.evidence.standalone.report import Bad
from gateway.evidence.standalone.story import read_entry
from gateway.identity import PartyId, digest
from gateway.journal.events import EVENTS
from gateway.journal.publishing.log import PublishedLog
from gateway.ledger import Ledger, Summary
from gateway.lifecycle import STATES, event
from gateway.partners import Directory
from gateway.vault.port import Destruction
from gateway.vault.sealed import ContentDestroyed

IN_MEMORY_OCTETS: Final = 16 * 1024 * 1024
ENDINGS: Final = {
    "application/xml": "xml",
    "text/xml": "xml",
    parcel.MAIL: "eml",
    parcel.MIXED: "mime",
    "application/json": "json",
}
PARTS: Final = ("payload", "opened", "form", "sent")
REPEAT: Final = "repeat"
SIGNED: Final = "envelope.signed"
Kept = Callable[[int], Sequence[tuple[str, bytes, bytes]]]
"""Stamps over at least so many entries: the authority's name, the checkpoint, the token."""
Answers = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Answers about revocation by their digests."""
Seal = Callable[[bytes, PartyId, datetime], bytes]
"""A signature of ours beside a content."""


class Shelves(Struct, frozen=True, kw_only=True):
    """Where a bundle finds what is not in the ledger."""

    answers: Answers
    stamps: Kept
    witnesses: Callable[[], bytes]
    policy: bytes
    """The algorithm table in force, as JSON."""


class Learned(Struct, kw_only=True):
    """What the first reading of the messages told."""

    rows: list[dict[str, str]] = []
    certificates: dict[str, bytes] = {}
    answers: list[str] = []


class Binder:
    """Makes bundles."""

    def __init__(self, ledger: Ledger, log: PublishedLog, directory: Directory, seal: Seal, shelves: Shelves) -> None:
        self._ledger, self._log, self._directory, self._seal, self._shelves = ledger, log, directory, seal, shelves

    async def bound(self, matter: Matter, made_by: PartyId, at: datetime) -> BinaryIO:
        """The bundle, at its beginning."""
        at = at.astimezone(UTC).replace(microsecond=0)
        learned = await self._learned(matter)
        members = await self._proofs(matter, learned)
        told = {
            "format": summary.FORMAT, "version": summary.VERSION, "about": {"kind": matter.kind, "id": matter.id}, "made_at": at.isoformat(),
            "made_by": made_by, "messages": learned.rows, "entries": [each.link.number for each in matter.entries], "policy": summary.POLICY,
            "personal": [each.link.number for each in matter.entries if summary.personal_member(each.link.number) in members],
            "earlier": orjson.loads(members.pop("earlier")), "certificates": [name for name in members if name.startswith("certificates/")],
            "revocation": [name for name in members if name.startswith("revocation/")],
            "meanings": _meanings(matter),
        }  # fmt: skip
        members[summary.SUMMARY] = orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        file = cast("BinaryIO", tempfile.SpooledTemporaryFile(IN_MEMORY_OCTETS))  # noqa: SIM115  # whoever gets it closes it
        try:
            await self._sealed(Writer(file, at), members, learned, made_by, at)
        except ValueError as error:
            file.close()
            raise Refused("evidence.too-large", f"The bundle cannot be made: {error}.") from error
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    async def _sealed(
        self, writer: Writer, members: Mapping[str, bytes], learned: Learned, made_by: PartyId, at: datetime
    ) -> None:
        """Everything into the file, with list and signature at its end."""
        await self._write(writer, members, learned)
        listed = manifest.written(writer.digests)
        writer.add(MANIFEST, listed)
        writer.add(SIGNATURE, await asyncio.to_thread(self._seal, listed, made_by, at))
        writer.close()

    async def _write(self, writer: Writer, members: Mapping[str, bytes], learned: Learned) -> None:
        """In the order of names: what is small is at hand, messages are read again where their turn is."""
        names = sorted(members)
        before = [name for name in names if name < "messages/"]
        for name in before:
            writer.add(name, members[name])
        for row in learned.rows:
            if not row["gone"]:
                for name, content in (await self._again(row)).items():
                    await asyncio.to_thread(writer.add, name, content)
        for name in names[len(before) :]:
            if name == summary.SUMMARY:
                writer.add(name, members[name])
                writer.add(summary.TIMELINE, self._page(members))
            else:
                writer.add(name, members[name])

    async def _again(self, row: Mapping[str, str]) -> dict[str, bytes]:
        """The members of a message, as the first reading found them; raises `Unavailable` when they are not there any more."""
        try:
            found = await self._ledger.get(row["envelope"])
        except ContentDestroyed as gone:
            raise _changed() from gone
        contents = _contents(found.envelope) if found else {}
        names = sorted({row[part] for part in PARTS if row[part]})
        if not contents.keys() >= set(names):
            raise _changed()
        return {name: contents[name] for name in names}

    def _page(self, members: Mapping[str, bytes]) -> bytes:
        told = summary.read_told(members[summary.SUMMARY])
        entries = [read_entry(number, members[summary.entry_members(number)[0]]) for number in told.entries]
        return timeline.page(told, entries)

    # --- what is learned first

    async def _learned(self, matter: Matter) -> Learned:
        learned = Learned(rows=[], certificates={}, answers=[])
        signed = {each.entry.envelope for each in matter.entries if each.entry.event == SIGNED}
        for one in matter.messages:
            try:
                row = await self._ledger.get(one.id)
            except ContentDestroyed as gone:
                learned.rows.append(_row(one, gone=f"on {gone.destruction.at:%Y-%m-%d} under {gone.destruction.rule}"))
                continue
            except GatewayError as error:
                raise Refused(
                    error.code, f"The content of message {one.id} cannot be opened: {error.public}"
                ) from error
            if row is not None:
                self._learn(learned, one, row.envelope, signed=one.kind == REPEAT or one.id in signed)
        return learned

    def _learn(self, learned: Learned, one: Summary, envelope: Envelope, *, signed: bool) -> None:
        contents = _contents(envelope)
        if not envelope.inbound and not signed:
            # It was signed while the entries were collected: the entry that says so is not among them.
            contents = {name: content for name, content in contents.items() if "/payload." in name}
        learned.rows.append(_row(one, envelope=envelope, contents=contents))
        known = envelope.learned
        if form := contents.get(f"messages/{one.id}/form.xml"):
            try:
                for each in forms.shaped(form).certificates:
                    learned.certificates[fingerprint(each)] = each.public_bytes(Encoding.DER)
            except (Bad, ValueError):
                pass  # what cannot be verified has no certificates to show; the verifier says so
        partner = self._directory.get(one.counterpart) if one.counterpart else None
        for anchor in partner.signature.anchors if partner else ():
            learned.certificates[digest(anchor)] = anchor
        learned.answers += (
            [each.digest for each in known.signature.revocation if each.digest] if known.signature else []
        )

    # --- proofs

    async def _proofs(self, matter: Matter, learned: Learned) -> dict[str, bytes]:
        """Everything but messages, by name; `earlier` is for the summary."""
        _, note = await self._log.prover.checkpoint()
        key = self._log.keys.public("journal")
        members = {
            summary.CHECKPOINT: note,
            summary.LOG_KEY: f"{key.text() if key else ''}\n".encode(),
            summary.POLICY: self._shelves.policy,
        }
        members |= {f"certificates/{name}.der": der for name, der in learned.certificates.items()}
        answers = await asyncio.to_thread(self._shelves.answers, learned.answers)
        members |= {f"revocation/{name}.{_kind(content)}": content for name, content in answers.items()}
        for each in matter.entries:
            entry, proof = summary.entry_members(each.link.number)
            members[entry] = each.link.entry
            members[proof] = (await self._log.prover.inclusion(each.link.number, note)).text().encode()
        members |= await self._personal(matter)
        return members | await self._earlier(matter, note)

    async def _personal(self, matter: Matter) -> dict[str, bytes]:
        """What entries say of persons, with the salts that open their commitments, where it was not destroyed."""
        numbers = [each.link.number for each in matter.entries if each.entry.commitments]
        found = await self._ledger.personal(numbers) if numbers else {}
        return {
            summary.personal_member(number): orjson.dumps({each.name: [each.value, each.salt.hex()] for each in said})
            for number, said in found.items()
            if not isinstance(said, Destruction)
        }

    async def _earlier(self, matter: Matter, note: bytes) -> dict[str, bytes]:
        """Checkpoints that others saw, each with the proof that the log only grew since."""
        last = matter.entries[-1].link.number if matter.entries else 0
        seen: dict[bytes, list[tuple[str, bytes]]] = {}
        if witnessed := self._shelves.witnesses():
            seen[witnessed] = []
        for authority, stamped, token in await asyncio.to_thread(self._shelves.stamps, last):
            seen.setdefault(stamped, []).append((authority, token))
        members, rows, size = dict[str, bytes](), list[dict[str, object]](), _size(note)
        for number, (each, stamps) in enumerate(seen.items(), 1):
            if _size(each) > size:
                continue
            proof = (await self._log.prover.consistency(_size(each), size)).proof if _size(each) else ()
            name = f"log/earlier-{number}"
            names = {f"log/earlier-{number}.{authority}.tst": token for authority, token in stamps}
            members |= {name: each, **names}
            rows.append({"note": name, "proof": [b64encode(hash_).decode() for hash_ in proof], "stamps": list(names)})
        return members | {"earlier": orjson.dumps(rows)}


def _meanings(matter: Matter) -> dict[str, str]:
    """The words for events; a state means another thing on the way in than on the way out."""
    states = {f"{state.direction.value} {event(state.name)}": state.meaning for state in STATES}
    happened = {each.entry.event for each in matter.entries}
    return {name: words for name, words in {**EVENTS, **states}.items() if name.rpartition(" ")[2] in happened}


def _changed() -> Unavailable:
    return Unavailable("evidence.changed", "A message changed while the bundle was made; ask again.")


def _size(note: bytes) -> int:
    return int(note.split(b"\n", 2)[1])


def _kind(answer: bytes) -> str:
    """A list is a SEQUENCE that begins with one; an OCSP answer begins with its status."""
    head = 2 if answer[1] < 0x80 else 2 + (answer[1] & 0x7F)
    return "ocsp" if answer[head : head + 1] == b"\x0a" else "crl"


def _row(
    one: Summary, *, envelope: Envelope | None = None, contents: Mapping[str, bytes] | None = None, gone: str = ""
) -> dict[str, str]:
    """A message in the summary."""
    names = {name.rpartition("/")[2].partition(".")[0]: name for name in contents or {}}
    header = envelope.learned.form.header if envelope and envelope.learned.form else None
    return {
        "envelope": one.id, "direction": one.direction.value, "kind": one.kind, "cause": one.cause, "format": one.format,
        "media_type": envelope.payload.media_type if envelope else "", "message_id": one.message_id,
        "sender": header.sender if header else one.counterpart, "gone": gone,
        **{part: names.get(part, "") for part in PARTS},
    }  # fmt: skip


def _contents(envelope: Envelope) -> dict[str, bytes]:
    """The octets of a message by member: as it came; what was under S/MIME; the signed form; what was sent."""
    place, known = f"messages/{envelope.id}", envelope.learned
    found = {f"{place}/payload.{ENDINGS.get(_type(envelope.payload.media_type), 'bin')}": envelope.payload.content}
    if known.opened is not None:
        found[f"{place}/opened.{ENDINGS.get(_type(known.opened.media_type), 'mime')}"] = known.opened.content
    if envelope.inbound:
        with contextlib.suppress(GatewayError):  # no form could be read from it; the journal says what became of it
            found[f"{place}/form.xml"] = parcel.open_parcel(envelope.content).form
    elif known.signed is not None:
        found[f"{place}/form.xml"] = known.signed
        packed = parcel.pack(known.signed, parcel.open_parcel(envelope.payload).files)
        sent = known.sealed or (packed.content if packed.media_type == parcel.MIXED else b"")
        if sent:
            found[f"{place}/sent.mime"] = sent
    return found


def _type(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def policy_of(rows: Sequence[Struct]) -> bytes:
    """The algorithm table as JSON."""
    return orjson.dumps([msgspec.to_builtins(row) for row in rows], option=orjson.OPT_INDENT_2)
