"""The control port of a simulator: for testers, never for the gateway.

The one idea: what a simulator received, and how it misbehaves, can be read and changed from outside while it runs. The
port listens on loopback only and asks for no credentials, as everything behind it is fictitious.
"""

from aiohttp import web

from simulators.declaration import AT_ONCE_SECONDS, LOOPBACK, Running, Simulator, Station
from simulators.scenario import MAX_SCENARIO_BYTES, Rule, ScenarioInvalid, parse_scenario

MAX_ORDER_OCTETS = 64 * 1024 * 1024


class Control:
    """Serves `/sim/…` for one running simulator."""

    def __init__(self, simulator: Simulator, station: Station, running: Running) -> None:
        self.simulator = simulator
        self.station = station
        self.running = running
        self.first_rules: tuple[Rule, ...] = station.script.rules

    async def start(self, port: int) -> tuple[web.AppRunner, str]:
        """Start listening; returns what to clean up, and the address."""
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=AT_ONCE_SECONDS)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, port).start()
        return runner, f"http://{LOOPBACK}:{runner.addresses[0][1]}"

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_ORDER_OCTETS)
        app.add_routes(
            [
                web.get("/sim/health", self.health),
                web.get("/sim/ledger", self.ledger),
                web.get("/sim/scenario", self.show_scenario),
                web.post("/sim/scenario", self.replace_scenario),
                web.post("/sim/reset", self.reset),
                web.get("/sim/clock", self.station.clock.show),
                web.post("/sim/clock", self.station.clock.turn),
                *self.running.control_routes,
            ]
        )
        return app

    async def health(self, _request: web.Request) -> web.Response:
        rules = len(self.station.script.rules)
        return web.json_response(
            {"name": self.simulator.name, "serving": True, "entries": self.station.recorder.last, "rules": rules}
        )

    async def ledger(self, request: web.Request) -> web.Response:
        """`?since=NUMBER` and `?contains=TEXT` narrow it."""
        since = request.query.get("since", "0")
        if not since.isascii() or not since.isdigit() or len(since) > 18:
            return web.json_response({"errors": ["since must be the number of an entry"]}, status=400)
        recorder = self.station.recorder
        entries = recorder.entries(since=int(since), contains=request.query.get("contains", ""))
        return web.json_response({"entries": entries, "last": recorder.last, "forgotten": recorder.forgotten})

    async def show_scenario(self, _request: web.Request) -> web.Response:
        script = self.station.script
        rules = [
            {"name": rule.name, "action": rule.do.name, "seen": seen, "fired": fired}
            for rule, (seen, fired) in zip(script.rules, script.counts(), strict=True)
        ]
        return web.json_response({"rules": rules})

    async def replace_scenario(self, request: web.Request) -> web.Response:
        """The body is TOML; an empty body makes the simulator behave."""
        try:
            content = await request.read()
            rules = parse_scenario(content, source="scenario", can=self.simulator.abilities)
        except web.HTTPRequestEntityTooLarge:
            return web.json_response({"errors": [f"larger than {MAX_SCENARIO_BYTES} bytes"]}, status=400)
        except ScenarioInvalid as invalid:
            return web.json_response({"errors": list(invalid.errors)}, status=400)
        self.station.script.replace(rules)
        self.station.recorder.record("scenario", {"rules": [rule.name for rule in rules]})
        return web.json_response({"rules": len(rules)})

    async def reset(self, _request: web.Request) -> web.Response:
        """Seeded records, an empty ledger, and the scenario of the start."""
        self.begin_again()
        return web.json_response({"rules": len(self.first_rules)})

    def begin_again(self) -> None:
        self.running.reset()
        self.station.script.replace(self.first_rules)
        self.station.recorder.reset()
