"""A time-stamp authority (RFC 3161) over HTTP: `openssl ts` says when, with a certificate of the simulator's own throw-away CA.

The one idea: what it answers can be held against any other program, since it is made by one. Its time is that of the simulator's clock, so that
a tester who turns it has an authority that lives at another time.
"""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta

from aiohttp import web
from asn1crypto import tsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from simulators.authority import Authority
from simulators.declaration import AT_ONCE_SECONDS, LOOPBACK, Running, Simulator, Station
from simulators.rest.misconduct import hang_up, send, stay_silent
from simulators.scenario import Abilities, Action, Incident
from simulators.timestamps.habits import Conduct, conduct_of
from simulators.timestamps.replies import BY_OPENSSL, PLAIN_SIGNER, Bench, OpensslFailed, Signer, changed

OPERATION = "stamp"
QUERY = "application/timestamp-query"
MAX_BODY_BYTES = 64 * 1024
SAME_TIME = timedelta(seconds=2)
STAMPING, CLIENT = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CLIENT_AUTH


class Stamps:
    """What it is asked, and what it says."""

    def __init__(self, station: Station) -> None:
        openssl = shutil.which("openssl")
        if not openssl:
            raise OSError("there is no openssl, which makes the time-stamps")
        self.station, self.conduct = station, conduct_of(station.extra.get("habits", ""))
        self.authority = Authority(station.folder, station.name, "Time-stamp", station.now())
        self.bench = Bench(
            folder=station.folder, openssl=openssl, signers=self._signers(), chain=self.authority.certificate
        )
        self._one_by_one = asyncio.Lock()  # openssl counts in a file

    def _signers(self) -> dict[str, Signer]:
        folder, at = self.station.folder, self.station.now()
        stranger = Authority(folder, "stranger", "Stranger", at)
        pairs = {
            PLAIN_SIGNER: self.authority.issue("Simulated TSA", label="tsa", purposes=(STAMPING,)),
            "stranger": stranger.issue("Simulated TSA", label="tsa", purposes=(STAMPING,)),
            "expired": self.authority.issue("Simulated TSA of old", label="old", purposes=(STAMPING,), expired=True),
            "many-purposes": self.authority.issue("Simulated all", label="many", purposes=(STAMPING, CLIENT)),
            "no-purpose": self.authority.issue("Simulated client", label="none", purposes=(CLIENT,)),
        }
        return {name: Signer(pair) for name, pair in pairs.items()}

    def reset(self) -> None:
        """As it was started."""
        self.conduct = conduct_of(self.station.extra.get("habits", ""))

    async def answer(self, query: bytes, action: Action) -> bytes:
        """The reply; raises `OpensslFailed`."""
        conduct = self.conduct
        at = self.station.now() + timedelta(seconds=conduct.ahead_seconds - conduct.behind_seconds)
        async with self._one_by_one:
            reply = await self.bench.reply(changed(query, conduct), conduct)
        if abs(at - datetime.now(UTC)) > SAME_TIME or _needs_our_pen(conduct):
            reply = self.bench.again(reply, conduct, at)
        return reply + bytes(conduct.padding)

    # --- on the wire

    async def serve(self, request: web.Request) -> web.StreamResponse:
        query = await request.read()
        recorder = self.station.recorder
        number = recorder.record("arrived", {"operation": OPERATION, "imprint": _imprint(query)})
        rule, action = self.station.script.decide(Incident(operation=OPERATION, path=request.path))
        if action.wait_seconds:
            await asyncio.sleep(action.wait_seconds)
        if action.name == "silent" or (action.name == "drop" and action.at == "before-work"):
            recorder.record("not-answered", {"call": number, "rule": rule, "action": action.name})
            return await stay_silent(request) if action.name == "silent" else hang_up(request)
        if action.name == "refuse":
            recorder.record("answered", {"call": number, "status": action.status, "rule": rule, "action": action.name})
            return web.Response(status=action.status or 500, text="refused by the scenario\n")
        if request.content_type != QUERY:
            return web.Response(status=415, text=f"send {QUERY}\n")
        try:
            payload, status, kind = await self.answer(query, action), 200, self.conduct.media_type
        except (OpensslFailed, ValueError) as error:
            payload, status, kind = str(error).encode(), 400, "text/plain"
        recorder.record("answered", {"call": number, "status": status, "rule": rule, "action": action.name})
        return await send(request, status=status, headers={"Content-Type": kind}, payload=payload, action=action)

    async def show(self, _request: web.Request) -> web.Response:
        """`GET /sim/habits`."""
        return web.json_response({name: getattr(self.conduct, name) for name in Conduct.__slots__})

    async def change(self, request: web.Request) -> web.Response:
        """`POST /sim/habits`: the text that `--set habits=` takes."""
        try:
            self.conduct = conduct_of(await request.text())
        except ValueError as error:
            return web.json_response({"errors": [str(error)]}, status=400)
        return await self.show(request)


def _needs_our_pen(conduct: Conduct) -> bool:
    """Whether openssl refuses to write what is wanted."""
    odd = conduct.digest != "sha256" or conduct.names_certificate or conduct.value
    return bool(odd) or conduct.signer not in BY_OPENSSL


def _imprint(query: bytes) -> str:
    try:
        found: bytes = tsp.TimeStampReq.load(query)["message_imprint"]["hashed_message"].native
        return found.hex()
    except (ValueError, TypeError, KeyError):
        return ""


async def start(station: Station) -> Running:
    """Serve `POST /` on loopback."""
    stamps = Stamps(station)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/", stamps.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=AT_ONCE_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, station.port).start()
    return Running(
        ready={
            "port": runner.addresses[0][1],
            "url": f"http://{LOOPBACK}:{runner.addresses[0][1]}/",
            "anchors": str(stamps.authority.certificate),
            "policy": Conduct().policy,
        },
        stop=runner.cleanup,
        reset=stamps.reset,
        control_routes=(web.get("/sim/habits", stamps.show), web.post("/sim/habits", stamps.change)),
    )


SIMULATOR = Simulator(
    name="timestamps",
    kind="time-stamps",
    summary="stamps digests with the time (RFC 3161), by openssl",
    start=start,
    abilities=Abilities(
        actions=frozenset({"accept", "delay", "refuse", "drop", "silent", "corrupt", "slow-drip"}),
        phases=frozenset({"request"}),
        points=frozenset({"before-work", "after-work", "mid-answer"}),
        refusals=frozenset({"status"}),
    ),
    settings={"habits": "what it does wrong, with commas between: rows of simulators/timestamps/habits.toml"},
)
