"""All checks in order, from the outside in: the file, the list, who signed it, the log, the journal, the messages.

1. Container: the ZIP in its one spelling; the list against the members. What cannot be opened ends here.
2. Signature over the list, and whose it is.
3. Summary: what the bundle says it holds.
4. Log: checkpoint, its key, earlier checkpoints with witnesses and stamps.
5. Journal: entries, their places in the log, steps, completeness.
6. Messages: octets, forms, signers, revocation, files, receipts.
7. The page for people, made again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO

from . import cms, manifest, stamps, story
from .certificates import common_name, may_sign, path
from .container import MANIFEST, SIGNATURE, Container
from .log import LogLook
from .messages import Look
from .report import Bad, NotCheckable, Report
from .summary import SUMMARY, TIMELINE, VERSION, Summary, fits, read_summary
from .timeline import page
from .trust import Trust


def examine(file: BinaryIO, trust: Trust) -> Report:
    """Everything that can be said about a bundle. Never raises for what the bundle holds."""
    report = Report()
    container = None
    with report.checking("container.zip", ""):
        container = Container(file)
    if container is None:
        return report
    manifest.compare(container, report)
    summary = None
    with report.checking("manifest.summary", SUMMARY):
        summary = read_summary(container)
        fits(summary, container)
    _signature(container, summary, trust, report)
    if summary is not None:
        _inside(container, summary, trust, report)
    return report


def _signature(container: Container, summary: Summary | None, trust: Trust, report: Report) -> None:
    signed: cms.Signed | None = None
    with report.checking("manifest.signature", SIGNATURE):
        signed = cms.verified(container.content(SIGNATURE), "data", container.content(MANIFEST))
    if signed is None:
        return
    with report.checking("manifest.signer", SIGNATURE):
        made_by, at = (
            (summary.made_by, summary.made_at) if summary else ("", signed.at or datetime.min.replace(tzinfo=UTC))
        )
        if signed.at is None or abs((signed.at - at).total_seconds()) > stamps.TOLERANCE.total_seconds():
            raise Bad("the list was signed at another time than the bundle says it was made")
        may_sign(path(signed.signer, signed.others, trust.anchors_for(made_by), at))
        trust.check_name(made_by, common_name(signed.signer))


def _inside(container: Container, summary: Summary, trust: Trust, report: Report) -> None:
    entries = story.read_entries(container, summary, report)
    checkpoint = LogLook(container, summary, entries, trust, report).checkpoint()
    if checkpoint is not None:
        story.check_inclusion(container, entries, checkpoint, report)
    story.check_personal(container, summary, entries, report)
    story.check_steps(summary, entries, report)
    Look(container, summary, entries, trust, report).everything()
    with report.checking("timeline.same", TIMELINE):
        if summary.version != VERSION:
            raise NotCheckable(f"it was made by version {summary.version[:20]} of this program")
        if container.content(TIMELINE) != page(summary, entries):
            raise Bad("it says something else than the entries")
