"""How every register of the common contract is asked (national systems dossier, sections 3.1 and 3.5).

The one idea: a register is a name, a path and a pure function from a subject to the keys it may be asked by; the
conversation is the same for all. Only keys of the register's own list are sent, one combination a search, in a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from adapters.rest.problems import FORBIDDEN, MERGED, Problem
from adapters.rest.settings import RestSettings
from adapters.rest.wire import Wire, within
from adapters.rest.words import Asked, answer_of, context_document, forbidden, joined, read_answer
from gateway.errors import GatewayError, Refused
from gateway.names.spelling import MAX_SPELLINGS, joined_by
from gateway.questions import NO_MATCH, PENDING, Answer, Context, Match, Question
from gateway.subjects import Person, Subject, kind_of

Keys = dict[str, str]
NAME_KEY: Final = "name"
MAX_NAME: Final = 200
"""Characters of a name that a register is asked by."""
NO_RULE: Final = "none"
"""Stands for the rule where the names of a record are not the name asked about under any rule."""
_GRACE_SECONDS = 1.0
"""Whoever watches our time limit lets us speak first: our words say more than that it took too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContract:
    """What is particular to one register."""

    name: str
    register_id: str
    path: str
    searches: Callable[[Subject], Sequence[Keys]]
    """The searches that tell about a subject, best first; none when the register cannot be asked about it."""
    every_search: bool = False
    """Whether each search tells something of its own; else the next one is made only when the last found nothing."""
    name_fields: tuple[str, ...] = ()
    """Fields of a record that tell names of the person: a text, or a JSON list of texts."""
    new_reference: Callable[[object], str] | None = None
    """The path of the record that replaces an annulled one, from what the refusal named; empty for none."""


class RestRegister:
    """Implements `gateway.ports.Register` for one contract."""

    def __init__(self, contract: RegisterContract, settings: RestSettings) -> None:
        self.name = contract.name
        self.time_limit_seconds = settings.longest_seconds + _GRACE_SECONDS
        self._contract = contract
        self._settings = settings
        self._wire = Wire(contract.name, settings)

    def accepts(self, question: Question) -> bool:
        """Whether the subject has one of the register's keys."""
        return bool(self._contract.searches(question.subject))

    async def ask(self, question: Question, asked_at: datetime) -> Answer:
        """What the register says about the subject, from as many searches as that takes."""
        limit = self._settings.limit_seconds(question.context.urgency)
        return await within(limit, self._ask(question, asked_at), self.name)

    async def start(self) -> None:
        """Load keys and open the pool; no call is made."""
        await self._wire.start()

    async def stop(self) -> None:
        """Close the pool."""
        await self._wire.stop()

    async def probe(self) -> None:
        """Raise `RegisterUnavailable` when it is not there or does not know us. No record is asked for."""
        await self._wire.probe()

    async def _ask(self, question: Question, asked_at: datetime) -> Answer:
        searches = spelled(self._contract.searches(question.subject), question.spellings)
        if not searches:
            raise Refused("register.no-key", f"The register {self.name} has no key for this subject.")
        answers: list[Answer] = []
        for number, keys in enumerate(searches, 1):
            # Another body needs another request id: a repeated one must get the same answer.
            request_id = question.context.request_id if number == 1 else f"{question.context.request_id}/{number}"
            context = msgspec.structs.replace(question.context, request_id=request_id)
            answers.append(await self._search(keys, self._asked(context, question), asked_at))
            if answers[-1].outcome != NO_MATCH and not self._contract.every_search:
                break
        return self._named(joined(answers, question.context.request_id), question)

    def _named(self, answer: Answer, question: Question) -> Answer:
        """The answer with the rule that joins each record's names to the person asked about."""
        if not self._contract.name_fields or not isinstance(question.subject, Person):
            return answer
        matches = tuple(
            msgspec.structs.replace(match, name_rule=_name_rule(question.subject, match, self._contract.name_fields))
            for match in answer.matches
        )
        return msgspec.structs.replace(answer, matches=matches)

    def _asked(self, context: Context, question: Question) -> Asked:
        kind = kind_of(question.subject)
        return Asked(name=self.name, register_id=self._contract.register_id, context=context, subject_kind=kind)

    async def _search(self, keys: Keys, asked: Asked, asked_at: datetime) -> Answer:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def now() -> datetime:
            return asked_at + timedelta(seconds=loop.time() - began)

        try:
            body = await self._body(keys, asked)
        except GatewayError as error:
            if isinstance(error.__cause__, Problem) and error.__cause__.kind == FORBIDDEN:
                return forbidden(asked, error.code, asked_at, now())
            raise
        return answer_of(read_answer(body, asked), body, asked, asked_at, now())

    async def _body(self, keys: Keys, asked: Asked) -> bytes:
        """The bytes of the final answer: waited for when it is prepared, followed once when a number was replaced."""
        document = {"context": context_document(asked.context, self._settings), "keys": keys}
        try:
            body = await self._wire.post(self._contract.path, document)
        except Refused as refusal:
            path = self._replacement(refusal.__cause__)
            if not path:
                raise
            body = await self._wire.get(self._wire.address(path), context_document(asked.context, self._settings))
        return await self._awaited(body, asked)

    def _replacement(self, cause: BaseException | None) -> str:
        if self._contract.new_reference is None or not isinstance(cause, Problem) or cause.kind != MERGED:
            return ""
        return self._contract.new_reference(cause.members.get("newRef"))

    async def _awaited(self, body: bytes, asked: Asked) -> bytes:
        """Asks again until the answer is no longer pending; the time limit of the question ends it."""
        document = read_answer(body, asked)
        while document.outcome == PENDING:
            url = self._wire.link(document.status_url)
            # Their wire has no other way than to ask again; the pause is theirs to need, the limit is ours.
            await asyncio.sleep(self._settings.poll_seconds)
            body = await self._wire.get(url, context_document(asked.context, self._settings))
            document = read_answer(body, asked)
        return body


def spelled(searches: Sequence[Keys], spellings: Sequence[str]) -> Sequence[Keys]:
    """The searches, each that asks by a name followed by the same one with the name's other forms."""
    found: list[Keys] = []
    for keys in searches:
        found.append(keys)
        if NAME_KEY in keys:
            found += [{**keys, NAME_KEY: other} for other in spellings[:MAX_SPELLINGS] if len(other) <= MAX_NAME]
    return found


def _name_rule(person: Person, match: Match, fields: Sequence[str]) -> str:
    names = [name for field in fields for name in _names_in(match.value(field))]
    if not names:
        return ""
    rule = joined_by(person, names)
    return str(rule) if rule else NO_RULE


def _names_in(text: str) -> list[str]:
    """The names in a field of a record: one text, or the texts of a JSON list."""
    if not text.startswith("["):
        return [text] if text else []
    try:
        return [name for name in msgspec.json.decode(text, type=list[object]) if isinstance(name, str)]
    except msgspec.MsgspecError:
        return []
