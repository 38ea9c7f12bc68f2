"""Scenario files: how a tester makes a simulator misbehave on request.

The one idea: a scenario is an ordered list of rules, each a `when` and a `do`; for every incident (a call, an SMTP
command, a message about to be answered) the first rule that applies decides, and without one the simulator behaves.
Parsing is strict and reports everything that is wrong at once, because a misspelt condition would make a test pass for
the wrong reason. `README.md` explains the words; `scenarios/` has an example of each.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

MAX_SCENARIO_BYTES = 64 * 1024
MAX_RULES = 200
MAX_SECONDS = 3600.0

# Where in a conversation an incident happens.
PHASES = frozenset({"connect", "ehlo", "starttls", "mail", "rcpt", "data", "content", "request", "receipt", "reply"})
# Where a connection can be dropped: the first three and "connect" over HTTP, the others over SMTP.
POINTS = frozenset(
    {"before-work", "after-work", "mid-answer", "connect", "ehlo", "starttls", "mail", "rcpt", "data"}
    | {"mid-content", "after-content"}
)
CORRUPTIONS = frozenset({"flip", "truncate", "garbage"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One moment at which a scenario may interfere."""

    operation: str  # the simulator's own name of it, for instance "vehicle-search" or "form-g"
    phase: str = "request"
    path: str = ""
    text: str = ""  # the payload as text, for `contains`
    keys: frozenset[str] = frozenset()  # identifiers found in it: plate, number, message id, mail address …
    can: frozenset[str] = frozenset()  # actions that mean something here; empty: all. Rules with others wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The `when` of a rule. An empty condition is met by every incident."""

    operation: str = ""  # glob
    phase: str = ""  # empty: any but "connect", which has to be named
    path: str = ""  # glob
    contains: str = ""
    key: str = ""
    nth: int = 0  # from the nth incident that meets the rest; alone it means exactly that one
    count: int = 0  # at most so many times

    def meets(self, incident: Incident) -> bool:
        return (
            (not self.operation or fnmatchcase(incident.operation, self.operation))
            and (incident.phase == self.phase if self.phase else incident.phase != "connect")
            and (not self.path or fnmatchcase(incident.path, self.path))
            and self.contains in incident.text
            and (not self.key or self.key in incident.keys)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """The `do` of a rule: a name and what belongs to it. Only the fields of its row in `_TAKES` are ever set."""

    name: str = "accept"
    after_seconds: float = 0.0  # wait so long first; allowed with every action
    seconds: float = 0.0
    status: int = 0
    problem: str = ""
    detail: str = ""
    retry_after_seconds: int = 0
    smtp_code: int = 0
    enhanced: str = ""
    text: str = ""
    at: str = ""
    times: int = 2
    how: str = "flip"
    chunk_bytes: int = 16
    pause_seconds: float = 0.1
    hours: float = 72.0
    polls: int = 2
    source: str = ""

    @property
    def wait_seconds(self) -> float:
        """How long to wait before anything else is done."""
        return self.after_seconds + (self.seconds if self.name == "delay" else 0.0)


ACCEPT = Action()

# action -> the fields it takes; those with True must be given.
_TAKES: Mapping[str, Mapping[str, bool]] = {
    "accept": {},
    "delay": {"seconds": True},
    "refuse": {
        "status": False, "problem": False, "detail": False, "retry_after_seconds": False,
        "smtp_code": False, "enhanced": False, "text": False,
    },
    "drop": {"at": True},
    "duplicate": {"times": False},
    "corrupt": {"how": False},
    "wrong-key": {},
    "silent": {},
    "slow-drip": {"chunk_bytes": False, "pause_seconds": False},
    "stale": {"hours": False},
    "too-many": {},
    "pending": {"polls": False},
    "not-disclosable": {},
    "withheld": {},
    "partial": {"source": True},
}  # fmt: skip
ACTIONS = frozenset(_TAKES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a simulator can be told to do; a rule that asks for more is refused, since it would never apply."""

    actions: frozenset[str] = ACTIONS
    phases: frozenset[str] = PHASES
    points: frozenset[str] = POINTS
    refusals: frozenset[str] = frozenset({"status", "smtp_code"})
    by_phase: Mapping[str, frozenset[str]] = field(default_factory=dict)  # phase -> its actions, where they differ


ANYTHING = Abilities()
REST = Abilities(
    phases=frozenset({"connect", "request"}),
    points=frozenset({"before-work", "after-work", "mid-answer"}),
    refusals=frozenset({"status"}),
)
_ANSWERED = frozenset({"accept", "delay", "refuse", "drop", "silent"})
_SENT = frozenset({"accept", "delay", "drop", "duplicate", "corrupt", "wrong-key", "silent", "slow-drip"})
_MAIL_PHASES = {
    **dict.fromkeys(("ehlo", "mail", "rcpt", "data", "content"), _ANSWERED),
    **dict.fromkeys(("connect", "starttls"), _ANSWERED | {"wrong-key"}),
    **dict.fromkeys(("receipt", "reply"), _SENT),
}
MAIL = Abilities(
    actions=_ANSWERED | _SENT,
    phases=frozenset(_MAIL_PHASES),
    points=frozenset({"connect", "ehlo", "starttls", "mail", "rcpt", "data", "mid-content", "after-content"}),
    refusals=frozenset({"smtp_code"}),
    by_phase=_MAIL_PHASES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    when: Condition
    do: Action


class ScenarioInvalid(Exception):
    """A scenario that cannot be used, with everything that is wrong with it."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(self.errors))


@dataclass(slots=True)
class _Tally:
    seen: int = 0
    fired: int = 0


@dataclass(slots=True)
class Script:
    """The rules in force, and how often each was met. Replacing the rules starts the counting again."""

    rules: tuple[Rule, ...] = ()
    _tallies: list[_Tally] = field(init=False)

    def __post_init__(self) -> None:
        self.replace(self.rules)

    def replace(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._tallies = [_Tally() for _ in rules]

    def counts(self) -> list[tuple[int, int]]:
        """For each rule: how many incidents met it, and how often it fired."""
        return [(tally.seen, tally.fired) for tally in self._tallies]

    def decide(self, incident: Incident) -> tuple[str, Action]:
        """The name of the rule that applies and what it does; ("", accept) when none does."""
        chosen: Rule | None = None
        for rule, tally in zip(self.rules, self._tallies, strict=True):
            if not rule.when.meets(incident) or (incident.can and rule.do.name not in incident.can):
                continue
            tally.seen += 1
            if chosen is None and _fires(rule.when, tally):
                tally.fired += 1
                chosen = rule
        return (chosen.name, chosen.do) if chosen else ("", ACCEPT)


def _fires(when: Condition, tally: _Tally) -> bool:
    at_most = when.count or (1 if when.nth else 0)
    return tally.seen >= when.nth and (at_most == 0 or tally.fired < at_most)


def read_scenario(path: Path, *, can: Abilities = ANYTHING) -> tuple[Rule, ...]:
    """The rules of a file, or `ScenarioInvalid`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScenarioInvalid([f"{path.name}: cannot be read: {error.strerror}"]) from error
    return parse_scenario(content, source=path.name, can=can)


def parse_scenario(content: bytes, *, source: str, can: Abilities = ANYTHING) -> tuple[Rule, ...]:
    """The rules of a TOML text, or `ScenarioInvalid` with every error, each naming the rule and its line."""
    if len(content) > MAX_SCENARIO_BYTES:
        raise ScenarioInvalid([f"{source}: larger than {MAX_SCENARIO_BYTES} bytes"])
    try:
        text = content.decode("utf-8")
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise ScenarioInvalid([f"{source}: not UTF-8 at byte {error.start}"]) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScenarioInvalid([f"{source}: not TOML: {error}"]) from error
    errors = [f"{source}: unknown key {key!r}; a scenario has only [[rule]]" for key in document if key != "rule"]
    tables = document.get("rule", [])
    if not isinstance(tables, list) or len(tables) > MAX_RULES:
        raise ScenarioInvalid([*errors, f"{source}: 'rule' must be at most {MAX_RULES} [[rule]] tables"])
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith("[[rule]]")]
    rules = []
    for index, table in enumerate(tables):
        place = f"{source}: rule {index + 1}" + (f" (line {lines[index]})" if index < len(lines) else "")
        reader = _Reader(place, can)
        rules.append(reader.rule(table, default_name=f"rule {index + 1}"))
        errors += reader.errors
    if errors:
        raise ScenarioInvalid(errors)
    return tuple(rules)


_KINDS: Mapping[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float)}
# field -> what a value must also fulfil, and how to say so
_DEMANDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "phase": (lambda value: value in PHASES, f"one of {', '.join(sorted(PHASES))}"),
    "at": (lambda value: value in POINTS, f"one of {', '.join(sorted(POINTS))}"),
    "how": (lambda value: value in CORRUPTIONS, f"one of {', '.join(sorted(CORRUPTIONS))}"),
    "status": (lambda value: 400 <= value <= 599, "an HTTP status from 400 to 599"),
    "smtp_code": (lambda value: 400 <= value <= 599, "an SMTP code from 400 to 599"),
    "seconds": (lambda value: 0 <= value <= MAX_SECONDS, f"from 0 to {MAX_SECONDS:.0f}"),
    "after_seconds": (lambda value: 0 <= value <= MAX_SECONDS, f"from 0 to {MAX_SECONDS:.0f}"),
    "pause_seconds": (lambda value: 0 <= value <= MAX_SECONDS, f"from 0 to {MAX_SECONDS:.0f}"),
    "nth": (lambda value: value >= 1, "1 or more"),
    "count": (lambda value: value >= 1, "1 or more"),
    "times": (lambda value: 2 <= value <= 20, "from 2 to 20"),
    "chunk_bytes": (lambda value: value >= 1, "1 or more"),
    "polls": (lambda value: value >= 0, "0 or more"),
    "hours": (lambda value: 0 < value <= 100_000, "more than 0 and at most 100000"),
    "retry_after_seconds": (lambda value: value >= 0, "0 or more"),
}


class _Reader:
    """Reads one rule and collects what is wrong with it."""

    def __init__(self, place: str, can: Abilities) -> None:
        self.place = place
        self.can = can
        self.errors: list[str] = []

    def rule(self, table: object, *, default_name: str) -> Rule:
        content = self._table(table, "the rule")
        self._only(content, "", {"name", "when", "do"})
        name = content.get("name", default_name)
        if not isinstance(name, str):
            self._error("name must be a text")
            name = default_name
        if "do" not in content:
            self._error("'do' is missing")
        when = self._table(content.get("when", {}), "when")
        wanted = content.get("do", "accept")
        do = {"action": wanted} if isinstance(wanted, str) else self._table(wanted, "do")
        self._fit(when.get("phase"), do.get("action"))
        return Rule(name=name, when=self._condition(when), do=self._action(do))

    def _fit(self, phase: object, action: object) -> None:
        possible = self.can.by_phase.get(str(phase))
        if possible is not None and action in self.can.actions - possible:
            self._error(f"in phase {phase!r} it cannot {action!r}; it can {', '.join(sorted(possible))}")

    def _condition(self, table: dict[str, Any]) -> Condition:
        self._only(table, "when.", set(_types(Condition)))
        if table.get("phase") in PHASES - self.can.phases:
            self._error(f"this simulator has no phase {table['phase']!r}; it has {', '.join(sorted(self.can.phases))}")
        return Condition(**self._values(table, "when.", _types(Condition)))

    def _action(self, table: dict[str, Any]) -> Action:
        name = table.get("action")
        if not isinstance(name, str) or name not in ACTIONS:
            self._error(f"do.action is {name!r}; known are {', '.join(sorted(ACTIONS))}")
            return ACCEPT
        if name not in self.can.actions:
            self._error(f"this simulator cannot do {name!r}; it can do {', '.join(sorted(self.can.actions))}")
        if name == "drop" and table.get("at") in POINTS - self.can.points:
            self._error(
                f"this simulator cannot drop at {table['at']!r}; it can at {', '.join(sorted(self.can.points))}"
            )
        takes = _TAKES[name]
        self._only(table, "do.", {"action", "after_seconds", *takes})
        for each, required in takes.items():
            if required and each not in table:
                self._error(f"do.{each} is missing; {name!r} needs it")
        if name == "refuse":
            self._refusal(table)
        given = {key: value for key, value in table.items() if key != "action"}
        return Action(name=name, **self._values(given, "do.", _types(Action)))

    def _refusal(self, table: dict[str, Any]) -> None:
        http = "status" in table and "problem" in table
        smtp = "smtp_code" in table and "enhanced" in table and "text" in table
        if http == smtp or (http and {"smtp_code", "enhanced", "text"} & table.keys()):
            self._error("a refusal has either status and problem (HTTP), or smtp_code, enhanced and text (SMTP)")
        elif ("status" if http else "smtp_code") not in self.can.refusals:
            self._error(f"this simulator refuses with {', '.join(sorted(self.can.refusals))} only")

    def _values(self, table: dict[str, Any], prefix: str, types: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
        good: dict[str, Any] = {}
        for key, value in table.items():
            if key not in types:
                continue  # already reported
            demand = _DEMANDS.get(key)
            if isinstance(value, bool) or not isinstance(value, types[key]):
                self._error(f"{prefix}{key} must be {' or '.join(kind.__name__ for kind in types[key])}")
            elif demand is not None and not demand[0](value):
                self._error(f"{prefix}{key} must be {demand[1]}")
            else:
                good[key] = value
        return good

    def _only(self, table: dict[str, Any], prefix: str, known: set[str]) -> None:
        for key in sorted(table.keys() - known):
            self._error(f"{prefix}{key} is not known; known are {', '.join(sorted(known))}")

    def _table(self, value: object, what: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self._error(f"{what} must be a table")
        return {}

    def _error(self, what: str) -> None:
        self.errors.append(f"{self.place}: {what}")


def _types(record: type[Condition] | type[Action]) -> dict[str, tuple[type, ...]]:
    return {each.name: _KINDS[each.type if isinstance(each.type, str) else each.type.__name__]
            for each in fields(record)}  # fmt: skip
