"""What judging needs, in the front and in worker processes: formats, keys, and what workers are told when they start."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from config.load import NOBODY, Home
from gateway.assembly.built import Built
from gateway.assembly.keys import key_files, old_files
from gateway.assembly.offices import algorithms_of
from gateway.assembly.smime import seals_of, seals_over, smime_key_files
from gateway.clock import Uuid7Source
from gateway.office import Office
from gateway.order import Table
from gateway.partners import Directory
from gateway.ports import Formats, IdSource
from gateway.receipts import Receipts
from gateway.signer import SignerBriefing
from gateway.signing.algorithms import AlgorithmPolicy
from gateway.signing.keys import KeyFiles, KeyRing
from gateway.signing.pkcs11 import read_uri
from gateway.signing.remote import SignerLine, ring_over
from gateway.signing.sign import XadesSigner
from gateway.signing.verify import StrictVerifier
from gateway.stages.line_up import Knowledge, judging
from gateway.tolerances import Tolerances
from gateway.versions import Days
from gateway.workers import Briefing
from schemas.catalogue import Catalogue, discover


class Signs(Struct, frozen=True, kw_only=True):
    """How we sign."""

    algorithms: AlgorithmPolicy
    line: SignerLine | None = None
    """To the signer process; None where the keys are in this process (tools, tests)."""


def knowledge_of(
    built: Built, formats: Formats, directory: Directory, ids: IdSource, now: datetime, signs: Signs
) -> Knowledge | None:
    told, algorithms = built.home.settings.office, signs.algorithms
    office = Office(
        parties=told.parties, free_text_characters=told.free_text_characters or 0,
        urgent_mailboxes=built.home.settings.flow.urgent_mailboxes,
    )  # fmt: skip
    if NOBODY in office.parties:
        return None
    keys = built.attempt(("signing",), lambda: _ring(built.home, signs, now))
    seals = built.attempt(("smime",), lambda: seals_of(smime_key_files(built.home), now, algorithms, signs.line))
    if keys is None or seals is None:
        return None
    return Knowledge(
        office=office, directory=directory, formats=formats, receipts=Receipts(formats, directory, office, ids),
        verifier=StrictVerifier(algorithms, directory.revocation), signer=XadesSigner(keys), seals=seals,
    )  # fmt: skip


def _ring(home: Home, signs: Signs, now: datetime) -> KeyRing:
    """Our keys. Where a signer process holds them, each is only looked at here, so that faults are told at the start."""
    files = key_files(home)
    if signs.line is None:
        return KeyRing.load(files, now, signs.algorithms)
    KeyRing.load([one for one in files if not one.token], now, signs.algorithms)
    for one in files:
        if one.token:
            read_uri(one.token)
    return ring_over(signs.line, files, now, signs.algorithms)


def signer_briefing(home: Home, number: int) -> SignerBriefing:
    """What the front tells the signer process."""
    keys, old = (
        tuple((one.party, str(one.key), str(one.certificates), one.token) for one in files)
        for files in (key_files(home), old_files(home))
    )
    smime = tuple((one.party, str(one.key), str(one.certificates), "") for one in smime_key_files(home))
    return SignerBriefing(keys=keys, old=old, smime=smime, log=str(home.log), socket=number)


def briefing(home: Home, directory: Directory, algorithms: AlgorithmPolicy | None = None, signer: str = "") -> Briefing:
    """What the front tells each worker when it starts: the partners that it holds at that moment, and where our keys are."""
    algorithms = algorithms or algorithms_of(home)[0]
    keys = tuple((each.party, str(each.key), str(each.certificates)) for each in key_files(home))
    smime_keys = tuple((each.party, str(each.key), str(each.certificates)) for each in smime_key_files(home))
    return Briefing(
        parties=home.settings.office.parties, keys=keys, partners=tuple(directory), log=str(home.log), book=directory.book,
        versions=agreed_days(home), tolerances=tuple(directory.tolerances),
        revocation=tuple(directory.revocation),
        free_text_characters=home.settings.office.free_text_characters or 0, algorithms=algorithms,
        smime_keys=smime_keys, signer=signer,
    )  # fmt: skip


def agreed_days(home: Home) -> dict[str, dict[str, Days]]:
    """The days of versions that the settings name."""
    return {
        family: {major: Days(**days.model_dump()) for major, days in majors.items()}
        for family, majors in home.settings.versions.items()
    }


def formats_of(home: Home) -> Catalogue:
    """Every format, with the days that this office has agreed on; raises `ValueError` for a version that there is not."""
    return discover(agreed_days(home))


def worker_table(brief: Briefing, now: datetime) -> Table:
    """What a worker process needs, and nothing else: no ledger, no channels, no settings."""
    office, directory, formats = (
        Office(parties=brief.parties, free_text_characters=brief.free_text_characters),
        Directory(brief.partners, brief.book),
        discover(brief.versions),
    )
    directory.tolerances = Tolerances(brief.tolerances)
    directory.revocation.replace(brief.revocation)
    signing, smime = _key_files(brief.keys), _key_files(brief.smime_keys)
    line = SignerLine(brief.signer) if brief.signer else None
    ring = ring_over(line, signing, None, brief.algorithms) if line else KeyRing.load(signing, now, brief.algorithms)
    seals = seals_over(line, smime, brief.algorithms) if line else seals_of(smime, now, brief.algorithms)
    knowledge = Knowledge(
        office=office, directory=directory, formats=formats, verifier=StrictVerifier(brief.algorithms, directory.revocation),
        receipts=Receipts(formats, directory, office, Uuid7Source()),
        signer=XadesSigner(ring), seals=seals,
    )  # fmt: skip
    return {(stage.direction, stage.name): stage for stage in judging(knowledge)}


def _key_files(told: tuple[tuple[str, str, str], ...]) -> list[KeyFiles]:
    return [KeyFiles(party=party, key=Path(key), certificates=Path(certificates)) for party, key, certificates in told]


def worker_command() -> list[str]:
    """How the front starts a worker process."""
    return [sys.executable, "-m", "gateway.worker_main"]
