"""A witness: somebody else who keeps the last checkpoint of a log and countersigns the next one only when the log grew.

The one idea: it has its own key, its own code and its own memory, and believes nothing but signatures of keys that it was given. What it
saw is on the disk before its countersignature leaves, so that a restart does not make it forget.
"""

import asyncio
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from simulators.declaration import AT_ONCE_SECONDS, LOOPBACK, Running, Simulator, Station
from simulators.rest.misconduct import change_bytes, hang_up, stay_silent
from simulators.scenario import Abilities, Action, Incident
from simulators.witnesses.notes import (
    WITNESS,
    LogKey,
    Malformed,
    Submitted,
    continues,
    countersigned,
    read_key,
    read_request,
    signed_by,
    vkey,
)

NAME = "log-witness.example/w1"
OPERATION = "add-checkpoint"
MAX_BODY_BYTES = 256 * 1024
Reply = tuple[int, str, str]


class Witness:
    """What it saw, and what it says."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.key, self.stranger = _key(station.folder / "log-witness.key.pem"), Ed25519PrivateKey.generate()
        self._kept = station.folder / "log-witness.seen.json"
        self.seen: dict[str, tuple[int, bytes]] = {
            origin: (size, b64decode(root)) for origin, (size, root) in _read(self._kept).items()
        }
        self.logs: dict[str, list[LogKey]] = {}
        for text in filter(None, station.extra.get("log-keys", "").split(",")):
            self.know(text)

    def know(self, text: str) -> None:
        """Watch the log with this key."""
        key = read_key(text)
        self.logs.setdefault(key.name, []).append(key)

    def reset(self) -> None:
        """What was seen stays seen: a witness that can be made to forget is none."""

    def judge(self, content: bytes, action: Action) -> Reply:
        """Status, body and media type."""
        if action.name == "refuse":
            return action.status or 500, "refused by the scenario\n", "text/plain"
        try:
            asked = read_request(content)
        except Malformed as error:
            return 400, f"{error}\n", "text/plain"
        keys = self.logs.get(asked.origin)
        if not keys:
            return 404, "an unknown log\n", "text/plain"
        if not signed_by(asked, keys):
            return 403, "an unknown key\n", "text/plain"
        if asked.old > asked.size:
            return 400, "the old size is larger\n", "text/plain"
        return self._compared(asked, self.stranger if action.name == "wrong-key" else self.key)

    def _compared(self, asked: Submitted, key: Ed25519PrivateKey) -> Reply:
        size, root = self.seen.get(asked.origin, (0, b""))
        if asked.old != size or (size == asked.size and size and root != asked.root):
            return 409, f"{size}\n", "text/x.tlog.size"
        if not continues(size, asked.size, asked.proof, root, asked.root):
            return 422, "the log does not continue\n", "text/plain"
        self.seen[asked.origin] = (asked.size, asked.root)
        self._keep()
        return 200, countersigned(asked.text, int(self.station.now().timestamp()), NAME, key), "text/plain"

    def _keep(self) -> None:
        seen = {origin: [size, b64encode(root).decode()] for origin, (size, root) in self.seen.items()}
        partial = self._kept.with_suffix(".new")
        partial.write_text(json.dumps(seen))
        partial.replace(self._kept)

    # --- on the wire

    async def serve(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        text = content.decode("utf-8", "replace")
        recorder = self.station.recorder
        number = recorder.record("arrived", {"operation": OPERATION, "payload": {"text": text}})
        rule, action = self.station.script.decide(Incident(operation=OPERATION, path=request.path, text=text))
        if action.wait_seconds:
            await asyncio.sleep(action.wait_seconds)
        if action.name == "silent" or (action.name == "drop" and action.at == "before-work"):
            recorder.record("not-answered", {"call": number, "rule": rule, "action": action.name})
            return await stay_silent(request) if action.name == "silent" else hang_up(request)
        status, body, kind = self.judge(content, action)
        payload = change_bytes(body.encode(), action.how) if action.name == "corrupt" else body.encode()
        recorder.record("answered", {"call": number, "status": status, "rule": rule, "action": action.name})
        if action.name == "drop":
            return hang_up(request)
        return web.Response(status=status, body=payload, headers={"Content-Type": kind})

    async def learn(self, request: web.Request) -> web.Response:
        """`POST /sim/log`: `{"key": "NAME+ID+KEY"}`."""
        try:
            self.know(str((await request.json())["key"]))
        except (ValueError, KeyError, TypeError) as error:
            return web.json_response({"errors": [str(error)]}, status=400)
        return web.json_response({"logs": sorted(self.logs)})

    async def show(self, _request: web.Request) -> web.Response:
        """`GET /sim/seen`: the size of each log as it was countersigned last."""
        return web.json_response({origin: size for origin, (size, _) in self.seen.items()})


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def _key(file: Path) -> Ed25519PrivateKey:
    if not file.exists():
        made = Ed25519PrivateKey.generate()
        file.touch(mode=0o600)
        file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{file.name} is no Ed25519 key")
    return key


async def start(station: Station) -> Running:
    """Serve `add-checkpoint` on loopback."""
    witness = Witness(station)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post(f"/{OPERATION}", witness.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=AT_ONCE_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, station.port).start()
    port = runner.addresses[0][1]
    public = witness.key.public_key().public_bytes_raw()
    return Running(
        ready={"port": port, "url": f"http://{LOOPBACK}:{port}", "key": vkey(NAME, WITNESS, public)},
        stop=runner.cleanup,
        reset=witness.reset,
        control_routes=(web.post("/sim/log", witness.learn), web.get("/sim/seen", witness.show)),
    )


SIMULATOR = Simulator(
    name="log-witness",
    kind="witness",
    summary="countersigns checkpoints of published journals, and refuses forks",
    start=start,
    abilities=Abilities(
        actions=frozenset({"accept", "delay", "refuse", "drop", "silent", "corrupt", "wrong-key"}),
        phases=frozenset({"request"}),
        points=frozenset({"before-work", "after-work"}),
        refusals=frozenset({"status"}),
    ),
    settings={"log-keys": "public keys (NAME+ID+KEY) of the logs that it watches, with commas between them"},
)
