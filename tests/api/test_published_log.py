"""The published log over HTTP: what an auditor, a partner's tool and a witness's client see, checked with code that is not ours."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.journal.publishing.countersigning import Countersigner
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import WITNESS, LogKeys
from gateway.journal.publishing.log import PublishedLog
from gateway.journal.publishing.proving import Prover
from gateway.journal.publishing.witnessing import Witnessing
from gateway.journal.stamping.shelf import StampShelf
from gateway.journal.stamping.stamping import Stamping
from gateway.journal.tree.checkpoints import Checkpoint, signed
from gateway.journal.tree.notes import NoteSigner
from gateway.journal.tree.proofs import consistency
from gateway.journal.tree.tiles import leaves_in
from tests.api.desk_side import Doors, open_doors
from tests.gateway.rig import Rig, TurnedClock
from tests.journal.tree import naive
from tests.journal.tree.test_tree import LEAVES, grown, source

LOG = "/api/v1/log"
OTHER = NoteSigner("xb.spoc.example/journal/XB", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def log_in(folder: Path, rig: Rig) -> PublishedLog:
    """The log of a rig's ledger; our witness knows the log of XB."""
    files, keys = LogFolder(folder / "log"), LogKeys(folder / "keys" / "log", "xa.spoc.example", "XA")
    prover = Prover(rig.ledger, files)
    return PublishedLog(
        ledger=rig.ledger, folder=files, keys=keys, prover=prover, integrator=Integrator(rig.ledger, files, keys, rig.clock),
        witnessing=Witnessing([], prover, rig.ledger, folder / "witnessed", rig.clock),
        countersigner=Countersigner([OTHER.verifier], lambda: keys.made(WITNESS), folder / "witness", rig.clock),
        stamping=Stamping([], prover, rig.ledger, StampShelf(files.folder), rig.clock),
    )  # fmt: skip


@pytest.fixture
async def printing(tmp_path: Path) -> AsyncIterator[Doors]:
    clock = TurnedClock()
    rig = Rig(tmp_path, SqliteLedger(tmp_path / "ledger.sqlite", clock), clock)
    rig.gateway = replace(rig.gateway, log=log_in(tmp_path, rig))
    async with open_doors(tmp_path, rig) as opened:
        yield opened


async def published(doors: Doors) -> PublishedLog:
    """Everything so far is under a checkpoint."""
    doors.rig.clock.turn(timedelta(seconds=1))
    log = doors.rig.gateway.log
    assert log is not None
    await log.integrator.quiet()
    return log


async def test_a_tool_of_others_checks_an_entry_from_nothing_but_what_is_served(printing: Doors) -> None:
    await printing.local("GET", "/api/v1/messages")
    await published(printing)
    note = (await printing.ask("GET", f"{LOG}/checkpoint", "reader")).content.decode()
    origin, size, root = naive.checkpoint(note)
    stood = (await printing.ask("GET", LOG, "reader")).json
    assert (stood["origin"], stood["size"], stood["root"]) == (origin, size, base64.b64encode(root).decode())
    assert (stood["doubt"], stood["unintegrated"]) == (None, stood["unintegrated"])

    name, _, rest = stood["key"].partition("+")
    key_id, _, key = rest.partition("+")
    signature = base64.b64decode(note.rstrip().rpartition(" ")[2])
    assert (name, key_id) == (origin, signature[:4].hex())
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(
        signature[4:], (note.partition("\n\n")[0] + "\n").encode()
    )

    bundle = await printing.ask("GET", f"{LOG}/tile/entries/000.p/{size}", "auditor")
    leaves = leaves_in(bundle.content)
    assert naive.root(leaves) == root
    hashes = await printing.ask("GET", f"{LOG}/tile/0/000.p/{size}", "reader")
    assert hashes.content == b"".join(naive.digest(b"\x00" + leaf) for leaf in leaves)
    assert "immutable" in hashes.headers["Cache-Control"]
    assert ("client:auditor", "") in await printing.events("journal.exported")


async def test_a_proof_of_inclusion_holds_by_another_verifier(printing: Doors) -> None:
    for _ in range(5):
        await printing.local("GET", "/api/v1/messages")
    await published(printing)
    told = (await printing.ask("GET", "/api/v1/journal/proof/inclusion?number=3", "auditor")).json
    (proof,) = told["proofs"]
    head, _, below = proof["tlog_proof"].partition("\n\n")
    kind, extra, index, *lines = head.split("\n")
    leaf = base64.b64decode(extra.removeprefix("extra "))
    _, size, root = naive.checkpoint(below)
    assert (kind, index, lines, size) == ("c2sp.org/tlog-proof@v1", "index 2", proof["proof"], proof["size"])
    assert naive.leads_to(2, size, leaf, [base64.b64decode(line) for line in lines]) == root
    assert base64.b64decode(proof["leaf_hash"]) == naive.digest(b"\x00" + leaf)


async def test_all_entries_of_a_message_are_proved(printing: Doors) -> None:
    from tests.api.test_sending_through_the_api import ORDER

    sent = await printing.ask("POST", "/api/v1/messages", "submitter", json=ORDER, headers={"Idempotency-Key": "a"})
    await printing.rig.gateway.quiet()
    log = await published(printing)
    told = (await printing.ask("GET", f"/api/v1/journal/proof/inclusion?envelope={sent.json['id']}", "auditor")).json
    numbers = [link.number for link in await printing.rig.ledger.timeline(sent.json["id"])]
    assert [proof["number"] for proof in told["proofs"]] == numbers
    assert len(numbers) > 4
    assert told["key"] == (log.keys.public_file("journal").read_text().strip())


async def test_consistency_between_any_two_sizes(printing: Doors) -> None:
    for _ in range(7):
        await printing.local("GET", "/api/v1/messages")
    await published(printing)
    told = (await printing.ask("GET", "/api/v1/journal/proof/consistency?from=3&to=6", "reader")).json
    old, new = base64.b64decode(told["first_root"]), base64.b64decode(told["second_root"])
    assert naive.continues(3, 6, [base64.b64decode(each) for each in told["proof"]], old) == (old, new)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{LOG}/tile/0/000.p/200", 404, "log.no-tile"), (f"{LOG}/tile/0/001", 404, "log.no-tile"), (f"{LOG}/tile/0/1", 404, "log.no-tile"),
        (f"{LOG}/tile/entries/000", 404, "log.no-tile"), (f"{LOG}/tile/0/..%2f..%2fledger", 404, "log.no-tile"),
        ("/api/v1/journal/proof/inclusion?number=9999", 404, "log.no-entry"), ("/api/v1/journal/proof/inclusion", 404, "log.no-entry"),
        ("/api/v1/journal/proof/consistency?from=5&to=4", 404, "log.no-size"), ("/api/v1/journal/proof/consistency", 422, "request.invalid"),
        (f"{LOG}/checkpoint?witnessed=true", 404, "log.unwitnessed"),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_said(printing: Doors, path: str, status: int, code: str) -> None:
    await published(printing)
    answer = await printing.ask("GET", path, "operator")
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_gateway_that_keeps_nothing_publishes_nothing(doors: Doors) -> None:
    answer = await doors.ask("GET", LOG, "operator")
    assert (answer.status, answer.json["code"]) == (503, "log.none")


async def test_doubt_is_seen_everywhere_and_messages_go_on(printing: Doors) -> None:
    from tests.api.test_sending_through_the_api import ORDER

    log = await published(printing)
    size = (await printing.ask("GET", LOG, "reader")).json["size"]
    tile = log.folder.folder / f"tile/0/000.p/{size}"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    await printing.local("GET", "/api/v1/messages")
    await published(printing)
    printing.rig.clock.turn(timedelta(seconds=3))
    ready = await printing.ask("GET", "/readyz")
    assert (
        ready.status,
        "published log: The published log is in doubt and is not continued; messages go on." in ready.json["reasons"],
    ) == (503, True)
    stood = (await printing.ask("GET", LOG, "reader")).json
    assert (stood["doubt"]["code"], stood["doubt"]["place"], stood["size"]) == (
        "log.root-differs",
        f"tile/0/000.p/{size}",
        size,
    )
    assert "spoc_log_in_doubt 1.0" in (await printing.ask("GET", "/metrics", "reader")).content.decode()
    verified = (await printing.ask("GET", "/api/v1/journal/verify", "auditor")).json
    assert verified["intact"] is False
    assert "log.root-differs" in verified["faults"][-1]["fault"]
    examined = (await printing.ask("GET", "/api/v1/journal/fsck", "auditor")).json
    assert [(fault["code"], fault["place"], fault["number"]) for fault in examined["faults"]] == [
        ("log.tile-damaged", f"tile/0/000.p/{size}", 1)
    ]
    assert (await printing.ask("GET", "/api/v1/journal/proof/inclusion?number=1", "auditor")).status in (200, 503)
    sent = await printing.ask("POST", "/api/v1/messages", "submitter", json=ORDER, headers={"Idempotency-Key": "a"})
    assert sent.status == 202


async def test_verify_and_metrics_speak_of_the_checkpoint(printing: Doors) -> None:
    await published(printing)
    verified = (await printing.ask("GET", "/api/v1/journal/verify", "auditor")).json
    assert verified["intact"] is True
    assert verified["published"] >= 1
    figures = (await printing.ask("GET", "/metrics", "reader")).content.decode()
    assert "spoc_log_in_doubt 0.0" in figures
    assert "spoc_log_unintegrated" in figures
    examined = (await printing.ask("GET", "/api/v1/journal/fsck", "auditor")).json
    assert (examined["intact"], examined["faults"]) == (True, [])


# --- our witness for the logs of others


def request(old: int, size: int, leaves: list[bytes] = LEAVES, signer: NoteSigner = OTHER) -> bytes:
    head = Checkpoint(origin=OTHER.name, size=size, root=grown(leaves[:size]).root)
    proof = consistency(old, size, source(leaves[:size])) if old <= size else []
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof), ""]
    return "\n".join(lines).encode() + b"\n" + signed(head, signer).content()


async def test_our_witness_countersigns_a_log_that_grows_and_no_fork(printing: Doors) -> None:
    path = f"{LOG}/witness/add-checkpoint"
    first = await printing.ask("POST", path, data=request(0, 5))
    assert first.status == 200, first.content
    log = await published(printing)
    key = log.keys.public(WITNESS)
    assert key is not None
    name, _, encoded = first.content.decode().removeprefix("— ").strip().partition(" ")
    content = base64.b64decode(encoded)
    text = request(0, 5).partition(b"\n\n")[2].partition(b"\n\n")[0] + b"\n"
    message = b"cosignature/v1\ntime " + str(int.from_bytes(content[4:12], "big")).encode() + b"\n" + text
    assert (name, content[:4].hex()) == (key.name, f"{key.key_id:08x}")
    Ed25519PublicKey.from_public_bytes(key.public).verify(content[12:], message)

    assert (await printing.ask("POST", path, data=request(5, 40))).status == 200
    assert (await printing.ask("POST", path, data=request(40, 40))).status == 200, "the same again"
    behind = await printing.ask("POST", path, data=request(5, 50))
    assert (behind.status, behind.content, behind.headers["Content-Type"].partition(";")[0]) == (
        409,
        b"40\n",
        "text/x.tlog.size",
    )
    fork = [*LEAVES[:39], b"another", *LEAVES[40:]]
    assert (await printing.ask("POST", path, data=request(40, 60, fork))).status == 422
    assert (await printing.ask("POST", path, data=request(40, 40, fork))).status == 409
    assert len(await printing.events("log.not-countersigned")) == 2
    assert (await printing.ask("GET", LOG, "reader")).json["countersigns"] == {OTHER.name: 40}


async def test_our_witness_refuses_what_it_does_not_know(printing: Doors) -> None:
    path = f"{LOG}/witness/add-checkpoint"
    stranger = NoteSigner(OTHER.name, Ed25519PrivateKey.generate())
    unknown = signed(Checkpoint(origin="xc.spoc.example/journal/XC", size=0, root=naive.digest(b"")), OTHER).content()
    for body, status in (
        (request(0, 5, signer=stranger), 403), (b"old 0\n\n" + unknown, 404), (request(6, 5), 400), (b"", 400), (b"old x\n\n" + unknown, 400),
        (b"old 0\nAAAA\n\n" + unknown, 400), (b"x" * 200_000, 413), (request(0, 5).replace(b"\n5\n", b"\n6\n"), 403),
    ):  # fmt: skip
        assert (await printing.ask("POST", path, data=body)).status == status


async def test_a_witness_that_cannot_say_what_it_saw_signs_nothing(printing: Doors, tmp_path: Path) -> None:
    path = f"{LOG}/witness/add-checkpoint"
    assert (await printing.ask("POST", path, data=request(0, 5))).status == 200
    (file,) = (tmp_path / "witness").glob("*.note")
    file.write_bytes(file.read_bytes()[:-3])
    answer = await printing.ask("POST", path, data=request(0, 5))
    assert (answer.status, answer.json["code"]) == (503, "log.witness-unsure")
    assert (await printing.ask("GET", LOG, "reader")).json["countersigns"] == {}
    assert (
        "published log: This witness cannot say what it saw of the log before."
        in (await printing.ask("GET", "/readyz")).json["reasons"]
    )
