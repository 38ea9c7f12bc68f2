"""The page for people: what happened when, in the words of the journal, and for each line what proves it and what it does not.

It is made from the summary and the entries alone, so that a verifier makes it again and compares. It runs no script and fetches nothing; every
word from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from .story import RECEIVED, Entry
from .summary import Message, Summary
from .words import CHECKS

STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.4rem .6rem;text-align:left;vertical-align:top}"
    "th{background:#eee}code{overflow-wrap:anywhere;font-size:.9em}.not{color:#555}.bad{color:#900}"
)
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
MAX_DETAIL: Final = 300
IN_WORDS: Final = {"inbound": "from abroad", "outbound": "sent by this office"}
PROOFS: Final[dict[str, tuple[str, str]]] = {
    RECEIVED: (
        "The octets taken in are enclosed and have the digest of this entry ({payload}).",
        "who wrote them; the signature of the form does",
    ),
    "envelope.verified": (
        "The signature in {form}, and the certificate named here.",
        "that the key was not in other hands",
    ),
    "envelope.signed": (
        "The signed octets are enclosed ({form}) and have the digest of this entry.",
        "that the other side got them",
    ),
    "envelope.transmitted": (
        "The other side's server said so, in its own words, in the entry before.",
        "that a person there has it",
    ),
    "envelope.confirmed": (
        "The signed receipt of the other side, where one is enclosed.",
        "that a person there read it",
    ),
    "receipt.recorded": ("The signed receipt of the other side is enclosed.", "more than the stage that it names"),
}
SHORT: Final[dict[tuple[str, str], str]] = {
    ("inbound", RECEIVED): "{what} came from {sender}.",
    ("inbound", "envelope.verified"): "The signature of {what} was found genuine: {sender}.",
    ("inbound", "envelope.delivered"): "{what} was handed to the national systems.",
    ("inbound", "envelope.repeated"): "{what} had come before; it was given its first answer again.",
    ("outbound", "envelope.signed"): "{what} was signed for {sender}.",
    ("outbound", "envelope.transmitted"): "The other side's server took {what}.",
    ("outbound", "envelope.ambiguous"): "Whether the other side took {what} was not known.",
    ("outbound", "envelope.confirmed"): "{what} was confirmed.",
    ("outbound", "receipt.recorded"): "A receipt came for {what}: {stage}.",
    ("", "envelope.held"): "{what} waited for an officer ({reason}).",
    ("", "envelope.released"): "An officer let {what} go on.",
    ("", "envelope.rejected"): "{what} was refused ({reason}).",
    ("", "envelope.quarantined"): "{what} was set aside: a fault of the office's own.",
    ("", "envelope.alarm"): "{what} raised an alarm: the same id or reference with other content.",
    ("", "content.destroyed"): "The content of {what} was destroyed ({reason}).",
}
"""What a reader in a hurry wants to know, by direction (empty for both) and event."""
OTHERWISE: Final = ("This entry.", "that what it says is true beyond the office's word")


def page(summary: Summary, entries: Sequence[Entry]) -> bytes:
    """The whole page."""
    known = {message.envelope: message for message in summary.messages}
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>Proof bundle: what happened</title><style>{STYLE}</style></head><body>',
        _head(summary, entries), _short(entries, known), _messages(summary), _lines(summary, entries, known), _table(), "</body></html>\n",
    ]  # fmt: skip
    return "\n".join(parts).encode()


def _head(summary: Summary, entries: Sequence[Entry]) -> str:
    last = f"{entries[-1].number}" if entries else "none"
    return (
        f"<h1>What happened in {escape(summary.kind)} <code>{escape(summary.id)}</code></h1>"
        f"<p>Put together by <b>{escape(summary.made_by)}</b> on {_time(summary.made_at.isoformat())}. {len(summary.messages)} messages, "
        f"{len(entries)} entries of the journal, the last of them number {last}. All times are UTC.</p>"
        "<p><b>This page proves nothing by itself.</b> It says in words what the enclosed files prove. Check them with "
        "<code>spoc evidence verify FILE --trust FOLDER</code>; what you trust must come to you by another way than this file.</p>"
    )


def _short(entries: Sequence[Entry], known: dict[str, Message]) -> str:
    """The course of things in one line each, every line with the entry that it rests on."""
    rows = []
    for entry in entries:
        message = known.get(entry.envelope)
        if message is None:
            continue
        words = SHORT.get((message.direction, entry.event)) or SHORT.get(("", entry.event))
        if words is None:
            continue
        what = f"{message.format or 'a message that was not recognised'} ({message.envelope[-12:]})"
        stage, reason = entry.details.get("stage", "?"), entry.reason or "no reason given"
        told = words.format(what=what, sender=message.sender or "somebody unknown", stage=stage, reason=reason)
        rows.append(f"<li>{_time(entry.at.isoformat())} {escape(told)} <small>entry {entry.number}</small></li>")
    return f"<h2>In short</h2><ol>{''.join(rows)}</ol>"


def _messages(summary: Summary) -> str:
    rows = []
    for message in summary.messages:
        files = "<br>".join(f"<code>{escape(each)}</code>" for each in message.members())
        gone = (
            f'<span class="bad">Content destroyed: {escape(message.gone)}. Its digest and its entries remain provable.</span>'
            if message.gone
            else ""
        )
        about = f"{escape(message.format or 'not recognised')}, {IN_WORDS.get(message.direction, '?')}, {escape(message.kind)}"
        rows.append(
            f'<tr><td id="m-{escape(message.envelope, quote=True)}"><code>{escape(message.envelope)}</code></td><td>{about}<br>'
            f"from {escape(message.sender or 'unknown')}<br>message id {escape(message.message_id or 'unknown')}</td><td>{files}{gone}</td></tr>"
        )
    return f"<h2>Messages</h2><table><tr><th>our id</th><th>what</th><th>files</th></tr>{''.join(rows)}</table>"


def _lines(summary: Summary, entries: Sequence[Entry], known: dict[str, Message]) -> str:
    rows = []
    for entry in entries:
        message = known.get(entry.envelope)
        proves, not_ = PROOFS.get(entry.event, OTHERWISE)
        payload, form = (message.payload or "destroyed", message.form or "none") if message else ("", "")
        words = proves.format(payload=payload, form=form)
        way = f"{message.direction} {entry.event}" if message else ""
        meaning = summary.meanings.get(way) or summary.meanings.get(entry.event, entry.event)
        told = "; ".join(f"{name}: {value[:MAX_DETAIL]}" for name, value in sorted(entry.details.items()) if value)
        reason = f"<br>reason: <code>{escape(entry.reason)}</code>" if entry.reason else ""
        rows.append(
            f"<tr><td>{_time(entry.at.isoformat())}</td><td><b>{escape(meaning)}</b><br><code>{escape(entry.event)}</code> by {escape(entry.actor)}"
            f"{reason}<br><small>{escape(told)}</small></td><td><code>{escape(entry.envelope[:64])}</code></td>"
            f'<td>{escape(words)} Entry {entry.number} with its proof.</td><td class="not">Does not prove {escape(not_)}.</td></tr>'
        )
    head = (
        "<tr><th>when (the office's clock)</th><th>what</th><th>message</th><th>proved by</th><th>not proved</th></tr>"
    )
    return f"<h2>What happened</h2><table>{head}{''.join(rows)}</table>"


def _table() -> str:
    rows = (
        f'<tr><td><code>{name}</code></td><td>{escape(each.title)}</td><td>{escape(each.proves)}</td><td class="not">{escape(each.not_)}</td></tr>'
        for name, each in CHECKS.items()
    )
    return f"<h2>What each check proves</h2><table><tr><th>check</th><th></th><th>proves</th><th>does not prove</th></tr>{''.join(rows)}</table>"


def _time(text: str) -> str:
    return escape(text.replace("+00:00", "Z"))
