"""Every check: a stable id, what it proves and what it does not. The report, the timeline and the guide print this table and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OK: Final = "ok"
FAILED: Final = "failed"
OPEN: Final = "not checkable"


@dataclass(frozen=True)
class Check:
    """One row."""

    title: str
    proves: str
    not_: str
    vouches: bool = False
    """Whether it needs what is pinned outside: where it is not checkable, nobody vouches."""


CHECKS: Final[dict[str, Check]] = {
    "container.zip": Check(
        "The file is a bundle in its one spelling", "the file is complete and nothing hides between its members", "who made it"
    ),
    "container.members": Check(
        "Every member is listed, once, in order", "no file was added, removed or put twice", "that the list itself is genuine"
    ),
    "manifest.digests": Check(
        "Each member has the digest that is listed", "no octet of a member was changed", "that the list itself is genuine"
    ),
    "manifest.signature": Check(
        "The list is signed", "whoever holds the key of the enclosed certificate made this list", "whose certificate that is"
    ),
    "manifest.signer": Check(
        "The office that you know signed it", "the office whose authority you pinned put this bundle together",
        "that it put in everything it had", vouches=True,
    ),
    "manifest.summary": Check(
        "The summary fits what is inside", "names in the summary and members are the same", "that what it says is true"
    ),
    "log.checkpoint": Check(
        "The checkpoint is signed", "the log whose key is enclosed had this root with so many entries", "whose key that is"
    ),
    "log.key": Check(
        "The key of the log is the one that you know", "the office's own log signed the checkpoint",
        "when; that needs a witness or a time-stamp", vouches=True,
    ),
    "log.consistency": Check(
        "The log only grew", "nothing that was under the earlier checkpoint was changed, removed or reordered",
        "that both checkpoints were shown to everybody",
    ),
    "log.witnesses": Check(
        "Somebody else saw the log", "a witness that you know saw, at that time, a log that had only grown", "that the witness read any entry"
    ),
    "log.stamps": Check(
        "The log is time-stamped", "the root, and so every entry under it, existed at the time of the stamp",
        "that what the entries say happened then",
    ),
    "journal.entries": Check(
        "Each entry can be read", "the entries are in the one form that the log hashes", "that what they say is true"
    ),
    "journal.inclusion": Check(
        "Each entry is in the log", "this entry, octet for octet, stands at this place under the checkpoint", "that what the entry says is true"
    ),
    "journal.steps": Check(
        "No step of a message is missing", "the steps of each message follow each other as the table of states allows",
        "that nothing was journalled after the last entry enclosed",
    ),
    "journal.personal": Check(
        "What is said of persons is what was said then", "the words are those that the entry committed to when it was written",
        "that they are true; where they were destroyed, nobody can know them",
    ),
    "journal.complete": Check(
        "Every message that entries name is here", "no message was left out that an entry speaks of, and none was put in without entries",
        "that every message of the matter was journalled",
    ),
    "message.payload": Check(
        "What was taken in is what is enclosed", "these are the octets that the journal noted when they were taken in", "who wrote them"
    ),
    "message.sent": Check(
        "What was signed for sending is what is enclosed", "these are the octets that the journal noted when they were signed",
        "that the other side got them; its receipt does",
    ),
    "message.form": Check(
        "The form is the one in the message", "the form that was checked stands in what was taken in or signed", "who wrote it"
    ),
    "message.attachments": Check(
        "The files are those that the signed form names", "each file has the digest that the form's signature covers", "what the files show"
    ),
    "message.destroyed": Check(
        "Content that is gone was destroyed as the law asks", "a deletion certificate stands in the journal; digests and proofs remain",
        "anything about the content itself, which nobody can check any more",
    ),
    "form.shape": Check(
        "The signature has the agreed shape", "it covers the whole form, once, with algorithms of the closed list", "that it holds"
    ),
    "form.signature": Check(
        "The signature of the form holds", "the form was not changed since the key of the enclosed certificate signed it", "whose certificate that is"
    ),
    "form.signer": Check(
        "The office that the form names signed it", "the certificate leads to the authority that you pinned for that office, and was valid then",
        "that the key was not in other hands", vouches=True,
    ),
    "form.revocation": Check(
        "The certificate was not taken back then", "the authority's own answer, of that time, does not list the certificate",
        "what the authority learned later",
    ),
    "receipt.about": Check(
        "The receipt speaks of a message that is here", "the other side named this very message, and its digest where both sides saw the same octets",
        "that a person read it",
    ),
    "timeline.same": Check(
        "The page for people says what the entries say", "the timeline was made from the enclosed entries and by this program", "anything of its own"
    ),
}  # fmt: skip
ORDER: Final = {name: place for place, name in enumerate(CHECKS)}
