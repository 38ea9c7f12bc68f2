"""Taking out proof bundles: where the parts are that do not stand in the ledger, and which key signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from config.load import Home
from gateway.assembly.judges import Signs
from gateway.assembly.keys import key_files
from gateway.evidence.binding import Binder, Shelves, policy_of
from gateway.evidence.collecting import Collector
from gateway.evidence.desk import EvidenceDesk
from gateway.evidence.sealing import seal
from gateway.identity import PartyId
from gateway.journal.publishing.log import PublishedLog
from gateway.ledger import Ledger
from gateway.office import Office
from gateway.partners import Directory
from gateway.ports import Clock
from gateway.signing.answer_shelf import AnswerShelf
from gateway.signing.keys import KeyRing
from gateway.signing.remote import ring_over

REVOCATION = "revocation"
"""Folder of answers about revoked certificates, below the data folder."""


def evidence_desk(
    home: Home, ledger: Ledger, log: PublishedLog, directory: Directory, clock: Clock, signs: Signs
) -> EvidenceDesk:
    """Takes bundles out of this ledger and its log."""
    answers, algorithms = AnswerShelf(home.data / REVOCATION), signs.algorithms

    def signed(content: bytes, party: PartyId, at: datetime) -> bytes:
        # The certificates are read each time: a key may have been exchanged since the start.
        files = key_files(home)
        keys = ring_over(signs.line, files, at, algorithms) if signs.line else KeyRing.load(files, at, algorithms)
        return seal(content, keys, party, at)

    def answered(digests: Sequence[str]) -> Mapping[str, bytes]:
        return answers.content(digests)

    def stamps(size: int) -> Sequence[tuple[str, bytes, bytes]]:
        return [
            (each.authority, each.note, each.token)
            for each in log.stamping.shelf.covering(size)
            if each.note and each.token
        ]

    shelves = Shelves(
        answers=answered, stamps=stamps, witnesses=log.witnessing.witnessed, policy=policy_of(algorithms.rows)
    )
    binder = Binder(ledger, log, directory, signed, shelves)
    office = Office(parties=home.settings.office.parties)
    return EvidenceDesk(ledger, office, clock, Collector(ledger, log, clock), binder)
