"""Opens cases in POLSAS and files documents there, once each.

The one idea: the envelope's id is the key of the case (`Idempotency-Key` and `sourceMessage`). Whatever is repeated or
lost, the same key leads to the same case, and a search by it proves that there is exactly one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from adapters.casesystems.polsas.settings import PolsasSettings
from adapters.casesystems.polsas.translate import case_number, filing, opening, proof_context
from adapters.rest.problems import CONFLICT, Problem
from adapters.rest.wire import Wire, within
from adapters.rest.words import AnswerDocument, Asked, context_document, read_answer
from gateway.errors import Ambiguous, Refused, RegisterUnavailable
from gateway.questions import MATCHES, NO_MATCH, STALE, CaseReference, CaseRequest, Context

SYSTEM_ID = "CA-02"
_GRACE_SECONDS = 1.0


class Polsas:
    """Implements `gateway.ports.CaseSystem`."""

    name = "polsas"

    def __init__(self, settings: PolsasSettings) -> None:
        self.time_limit_seconds = settings.longest_seconds + _GRACE_SECONDS
        self._settings = settings
        self._wire = Wire(self.name, settings)

    async def open_case(self, request: CaseRequest, at: datetime) -> CaseReference:
        """Open the case, or find the one this key opened, and file the documents."""
        limit = self._settings.limit_seconds(request.context.urgency)
        return await within(limit, self._open(request, at), self.name)

    async def find(self, idempotency_key: str, at: datetime) -> CaseReference | None:
        """The one case of this key, or None. More than one is `Ambiguous`: that must never happen."""
        return await within(self._settings.normal_seconds, self._find(idempotency_key, at), self.name)

    async def start(self) -> None:
        """Load keys and open the pool; no call is made."""
        await self._wire.start()

    async def stop(self) -> None:
        """Close the pool."""
        await self._wire.stop()

    async def probe(self) -> None:
        """Raise `RegisterUnavailable` when it is not there or does not know us. No case is touched."""
        await self._wire.probe()

    async def _open(self, request: CaseRequest, at: datetime) -> CaseReference:
        key = request.idempotency_key
        try:
            answer = await self._write("/cases", opening(request), request.context, {"Idempotency-Key": key})
        except Refused as refusal:
            found = await self._find(key, at) if _is_conflict(refusal) else None
            if found is None:
                raise self._kept_for_later(refusal) from refusal
            reference, opened = found.reference, False
        else:
            reference, opened = self._number(answer), answer.effect == "CREATED"
        await self._file(reference, request)
        return CaseReference(case_system=self.name, reference=reference, idempotency_key=key, opened=opened, at=at)

    async def _file(self, reference: str, request: CaseRequest) -> None:
        for number, document in enumerate(request.documents, 1):
            request_id = f"{request.context.request_id}/document/{number}"
            context = msgspec.structs.replace(request.context, request_id=request_id)
            try:
                await self._write(f"/cases/{reference}/documents", filing(document, request), context)
            except Refused as refusal:
                raise self._kept_for_later(refusal) from refusal

    async def _find(self, key: str, at: datetime) -> CaseReference | None:
        context = proof_context(key, at, self._settings.office, self._settings.proof_legal_basis)
        try:
            answer = await self._write("/cases/searches", {"keys": {"sourceMessage": key}}, context)
        except Refused as refusal:
            raise self._kept_for_later(refusal) from refusal
        if answer.outcome == NO_MATCH:
            return None
        if answer.outcome not in (MATCHES, STALE):
            raise self._unusable(f"It answered {answer.outcome} when asked for our own case.")
        numbers = {case_number(match.data.get("journalNumber")) for match in answer.matches}
        if len(numbers) > 1:
            words = f"{self.name}: several cases bear the key of one envelope."
            raise Ambiguous("case.several", "A case system holds this matter more than once.", operator=words)
        reference = numbers.pop()
        if not reference:
            raise self._unusable("It named no case.")
        return CaseReference(case_system=self.name, reference=reference, idempotency_key=key, opened=False, at=at)

    async def _write(
        self, path: str, body: Mapping[str, Any], context: Context, headers: Mapping[str, str] | None = None
    ) -> AnswerDocument:
        document = {"context": context_document(context, self._settings), **body}
        asked = Asked(name=self.name, register_id=SYSTEM_ID, context=context, subject_kind="case")
        return read_answer(await self._wire.post(path, document, headers), asked)

    def _number(self, answer: AnswerDocument) -> str:
        number = case_number(answer.journal_number)
        if not number:
            raise self._unusable("It named no case.")
        return number

    def _unusable(self, words: str) -> RegisterUnavailable:
        public = f"The national system {self.name} does not answer now."
        return RegisterUnavailable("register.unreadable", public, operator=f"{self.name}: {words}")

    def _kept_for_later(self, refusal: Refused) -> RegisterUnavailable:
        """What a case system will not take is our concern, not the sender's: the message waits, it is not refused."""
        public = f"The national system {self.name} does not take the matter now."
        return RegisterUnavailable(refusal.code, public, operator=refusal.operator)


def _is_conflict(refusal: Refused) -> bool:
    return isinstance(refusal.__cause__, Problem) and refusal.__cause__.kind == CONFLICT


SETTINGS = PolsasSettings
ADAPTER = Polsas
