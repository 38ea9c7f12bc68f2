"""How evidence is damaged, and by whom: whoever finds the file, whoever has another office's key, and the office itself.

| by | what they can do | so what must find it |
| --- | --- | --- |
| `finder` | change members and write the ZIP again as it should be | the digests in the signed list |
| `lister` | make the list anew, too | the signature over the list |
| `stranger` | sign it with a certificate of their own | the authority that was pinned |
| `office` | sign it with the office's own key | the log, the journal, the forms of others |
"""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from gateway.evidence.sealing import seal
from gateway.evidence.standalone import manifest
from gateway.evidence.standalone.container import MANIFEST, MIMETYPE, SIGNATURE, Writer
from gateway.evidence.standalone.story import read_entry
from gateway.evidence.standalone.summary import entry_members, read_told
from gateway.evidence.standalone.timeline import page
from gateway.journal.publishing.keys import JOURNAL
from gateway.journal.tree.checkpoints import Checkpoint, read_checkpoint, signed
from gateway.journal.tree.notes import read_note
from gateway.signing.authority import set_up_authority
from gateway.signing.keys import KeyRing
from tests.evidence.conftest import Made
from tests.gateway.rig import NOON

Members = dict[str, bytes]


class Piece:
    """A bundle taken apart."""

    def __init__(self, made: Made) -> None:
        self.made = made
        with zipfile.ZipFile(io.BytesIO(made.bundle)) as file:
            self.members: Members = {name: file.read(name) for name in file.namelist() if name != MIMETYPE}
        self.told: dict[str, Any] = json.loads(self.members["summary.json"])
        self.at = datetime.fromisoformat(self.told["made_at"]).astimezone(UTC)

    # --- finding things by what they are

    def message(self, which: str) -> dict[str, str]:
        """`hit`, `answer`, `receipt-1`, `receipt-2` (ours), `their-receipt-1`, `their-receipt-2`."""
        rows, kind = self.told["messages"], which.rpartition("-")[0]
        found = {
            "hit": [row for row in rows if row["format"] == "sirene/G@1"],
            "answer": [row for row in rows if row["kind"] == "reply"],
            "receipt": [row for row in rows if row["kind"] == "receipt"],
            "their-receipt": [row for row in rows if row["direction"] == "inbound" and "Receipt" in row["format"]],
        }  # fmt: skip
        row: dict[str, str] = found[which][0] if which in found else found[kind][int(which[-1]) - 1]
        return row

    def number(self, event: str, which: str) -> int:
        """Of the entry with this event about this message."""
        return next(
            number for number in self.told["entries"]
            if (entry := json.loads(self.members[entry_members(number)[0]]))["event"] == event and entry["envelope"] == self.message(which)["envelope"]
        )  # fmt: skip

    def name(self, what: str) -> str:
        """A member: its own name, `hit.payload`, `entry:EVENT:hit`, `proof:EVENT:hit`, `certificate`, `stamp`, `personal`."""
        if what.startswith(("entry:", "proof:")):
            kind, event, which = what.split(":")
            return entry_members(self.number(event, which))[kind == "proof"]
        if what in ("certificate", "stamp", "stamped", "personal"):
            part = {
                "certificate": "certificates/",
                "stamp": ".tst",
                "stamped": "log/earlier-2",
                "personal": ".personal.json",
            }[what]
            return next(name for name in self.members if part in name)
        which, _, part = what.partition(".")
        if part in ("payload", "form", "sent", "opened") and "/" not in what:
            return self.message(which)[part]
        return what

    # --- putting it together again

    def bundle(self, by: str) -> bytes:
        """The damaged piece."""
        members = dict(
            sorted((name, content) for name, content in self.members.items() if not name.startswith("META-INF"))
        )
        listed, signature = self.members.get(MANIFEST, b""), self.members.get(SIGNATURE, b"")
        if by != "finder":
            listed = self._listed(members)
        if by in ("stranger", "office"):
            ring = self.made.archive.ring if by == "office" else foreign_ring(self.made.archive.folder)
            said = self.told["made_by"]
            signature = seal(listed, ring, said if said.endswith(":XA") else "sirene:XA", self.at)
        return self._written(members, {MANIFEST: listed, SIGNATURE: signature})

    def _listed(self, members: Members) -> bytes:
        writer = Writer(io.BytesIO(), self.at)
        for name, content in members.items():
            writer.add(name, content)
        return manifest.written(writer.digests)

    def _written(self, members: Members, tail: Members) -> bytes:
        file = io.BytesIO()
        writer = Writer(file, self.at)
        for name, content in (
            *members.items(),
            *((name, content) for name, content in tail.items() if name in self.members),
        ):
            writer.add(name, content)
        writer.close()
        return file.getvalue()

    def retold(self) -> None:
        """The office makes summary and page fit again."""
        self.members["summary.json"] = json.dumps(self.told).encode()
        summary = read_told(self.members["summary.json"])
        entries = [
            read_entry(number, self.members[entry_members(number)[0]])
            for number in summary.entries
            if entry_members(number)[0] in self.members
        ]
        self.members["timeline.html"] = page(summary, entries)


@cache
def foreign_ring(folder: Path) -> KeyRing:
    """Keys for the same offices, by an authority that nobody knows."""
    made = set_up_authority(folder / "foreign", ("sirene:XA", "ncb:XA", "enu:XA"), (), NOON - timedelta(days=30))
    return KeyRing.load(made.signing, NOON)


# --- the verbs of the museum's table; each changes a piece


def flip(piece: Piece, what: str, where: str = "50") -> None:
    """One bit, at so many percent of the octets."""
    name = piece.name(what)
    content = bytearray(piece.members[name])
    content[min(len(content) - 1, len(content) * int(where) // 100)] ^= 1
    piece.members[name] = bytes(content)


def cut(piece: Piece, what: str) -> None:
    """The end is gone."""
    name = piece.name(what)
    piece.members[name] = piece.members[name][: len(piece.members[name]) // 2]


def drop(piece: Piece, what: str) -> None:
    """The member is gone."""
    del piece.members[piece.name(what)]


def add(piece: Piece, name: str) -> None:
    """A member more."""
    piece.members[name] = b"something else"


def put(piece: Piece, what: str, source: str) -> None:
    """The octets of another member in its place."""
    piece.members[piece.name(what)] = piece.members[piece.name(source)]


def swap(piece: Piece, one: str, other: str) -> None:
    """Two members in each other's place."""
    first, second = piece.name(one), piece.name(other)
    piece.members[first], piece.members[second] = piece.members[second], piece.members[first]


def say(piece: Piece, what: str, old: str, new: str) -> None:
    """Other words of the same member."""
    name = piece.name(what)
    assert old.encode() in piece.members[name], f"{old} is not in {name}"
    piece.members[name] = piece.members[name].replace(old.encode(), new.encode())


def forget_entry(piece: Piece, event: str, which: str) -> None:
    """An entry with its proof, taken out of everything."""
    number = piece.number(event, which)
    for name in entry_members(number):
        del piece.members[name]
    piece.told["entries"].remove(number)
    piece.retold()


def forget_message(piece: Piece, which: str) -> None:
    """A message, taken out of the summary; its entries stay."""
    row = piece.message(which)
    for part in ("payload", "form", "sent", "opened"):
        piece.members.pop(row[part], None)
    piece.told["messages"].remove(row)
    piece.retold()


def forget_everything(piece: Piece, which: str) -> None:
    """A message with all its entries and proofs."""
    envelope = piece.message(which)["envelope"]
    for number in list(piece.told["entries"]):
        if json.loads(piece.members[entry_members(number)[0]])["envelope"] == envelope:
            piece.told["entries"].remove(number)
            piece.told["personal"] = [each for each in piece.told["personal"] if each != number]
            for name in [name for name in piece.members if name.startswith(f"journal/{number:012}")]:
                del piece.members[name]
    forget_message(piece, which)


def invent_message(piece: Piece, which: str) -> None:
    """A message that the journal does not know."""
    row = {**piece.message(which), "envelope": "01a20000-0000-7000-8000-000000000000"}
    piece.told["messages"].append(row)
    piece.retold()


def tell(piece: Piece, name: str, value: str) -> None:
    """The summary says something else."""
    piece.told[name] = value
    piece.retold()


def call_destroyed(piece: Piece, which: str) -> None:
    """A message is said to be destroyed, and no certificate says so."""
    row = piece.message(which)
    for part in ("payload", "form", "sent", "opened"):
        piece.members.pop(row[part], None)
        row[part] = ""
    row["gone"] = "on 2026-11-21 under nothing"
    piece.retold()


def fork(piece: Piece, what: str = "log/checkpoint") -> None:
    """The office signs another root for the same size, with the log's own key."""
    name = piece.name(what)
    old = read_checkpoint(read_note(piece.members[name]).text)
    signer = piece.made.archive.keys.signer(JOURNAL)
    assert signer is not None
    other = signed(Checkpoint(origin=old.origin, size=old.size, root=bytes(32)), signer).content()
    for each, content in piece.members.items():
        if each.endswith(".tlog-proof") and content.endswith(piece.members[name]):
            piece.members[each] = content.removesuffix(piece.members[name]) + other
    piece.members[name] = other


def shrink(piece: Piece) -> None:
    """The office signs a checkpoint of fewer entries than a witness has seen."""
    signer = piece.made.archive.keys.signer(JOURNAL)
    assert signer is not None
    made = signed(Checkpoint(origin=signer.name, size=3, root=bytes(32)), signer)
    piece.members["log/checkpoint"] = made.content()


def other_log(piece: Piece) -> None:
    """Another log, with another key, of the same name."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from gateway.journal.tree.notes import NoteSigner

    old = read_checkpoint(read_note(piece.members["log/checkpoint"]).text)
    signer = NoteSigner(old.origin, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    piece.members["log/checkpoint"] = signed(old, signer).content()
    piece.members["log/log.vkey"] = f"{signer.verifier.text()}\n".encode()


def cosign_falsely(piece: Piece) -> None:
    """The witness's line, with another time."""
    for name in [each["note"] for each in piece.told["earlier"]]:
        text, gap, below = piece.members[name].decode().rpartition("\n\n")
        lines = below.splitlines()
        if len(lines) > 1:
            head, _, value = lines[1].rpartition(" ")
            import base64

            content = bytearray(base64.b64decode(value))
            content[11] ^= 1
            lines[1] = f"{head} {b64encode(bytes(content)).decode()}"
            piece.members[name] = (text + gap + "\n".join(lines) + "\n").encode()


def stamp(piece: Piece, how: str) -> None:
    """Another token in its place: of `other-data`, `back-dated`, `future`, by a `stranger`, for `no-stamps`."""
    from tests.evidence.office import Stamper

    name = piece.name("stamp")
    over = piece.members[next(each["note"] for each in piece.told["earlier"] if name in each["stamps"])]
    stamper = Stamper() if how == "stranger" else piece.made.archive.stamper
    at = (
        piece.at - timedelta(days=30)
        if how == "back-dated"
        else piece.at + timedelta(days=1)
        if how == "future"
        else piece.at
    )
    piece.members[name] = stamper.stamp(b"other data" if how == "other-data" else over, at)


def proof_of_growth(piece: Piece, how: str) -> None:
    """The proof of consistency: `empty`, `reversed`, with one hash `flipped`."""
    for each in piece.told["earlier"]:
        proof = each["proof"]
        each["proof"] = {"empty": [], "reversed": proof[::-1], "flipped": [b64encode(bytes(32)).decode(), *proof[1:]]}[
            how
        ]
    piece.retold()


def policy(piece: Piece, which: str) -> None:
    """A reference of the form's signature is changed and nothing signed again."""
    say(piece, f"{which}.form", "DigestValue>", "DigestValue >")


def relabel(piece: Piece, which: str, name: str, value: str) -> None:
    """A row of the summary says something else of a message."""
    piece.message(which)[name] = value
    piece.retold()


VERBS: dict[str, Callable[..., None]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        flip, cut, drop, add, put, swap, say, forget_entry, forget_message, forget_everything, invent_message, tell, call_destroyed, fork, shrink, other_log,
        cosign_falsely, stamp, proof_of_growth, policy, relabel,
    )
}  # fmt: skip
