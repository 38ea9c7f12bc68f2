"""The address book of the bureaux from the command line: show it, look at a new issue, take it in, sign one.

Taking in goes through the running gateway, which verifies, journals and then uses it; looking and signing need no gateway.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands import homes
from gateway.commands.endings import CONFIGURATION, REFUSED, USAGE, Ending
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.terminal import Terminal, facts, table
from gateway.errors import Misconfigured, Refused

if TYPE_CHECKING:
    from rich.console import Console

    from gateway.addressbook.book import Book
    from gateway.addressbook.shelf import Shelf

PATH = "/api/v1/address-book"
group = typer.Typer(
    name="address-book",
    no_args_is_help=True,
    help="The signed address book of the bureaux: mailboxes, downtimes, other ways, what a state takes no part in.",
)


def join(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group)


@group.command(epilog="Example: `spoc address-book show sirene:XB`")
def show(
    context: typer.Context,
    party: Annotated[str, typer.Argument(help="One bureau, for example sirene:XB; left out, all of them.")] = "",
) -> None:
    """The issue in force, as the running gateway uses it."""
    terminal: Terminal = context.obj

    async def ask() -> dict[str, Any]:
        async with LocalDoor(homes.read(terminal)) as door:
            found: dict[str, Any] = await door.ask("GET", PATH)
            return found

    found = run(ask())
    bureaus = [each for each in found["bureaus"] if party in ("", each["party"])]
    if party and not bureaus:
        raise Ending(REFUSED, "address-book.party", f"{party[:64]} does not stand in issue {found['issue']}.")
    terminal.answer({**found, "bureaus": bureaus}, lambda out: _draw(out, found, bureaus, whole=bool(party)))


def _draw(out: Console, found: dict[str, Any], bureaus: list[dict[str, Any]], *, whole: bool) -> None:
    old = " (a newer one should have come)" if found["stale"] else ""
    out.print(f"Issue {found['issue']} of {found['issued'][:10]}, published by {found['publisher']}{old}")
    if whole:
        for each in bureaus:
            out.print(facts([(name.replace("_", " "), _shown(value)) for name, value in each.items()]))
        return
    rows = [
        (
            each["party"], each["name"], each["mailboxes"].get("oper", ""), ", ".join(each["alternatives"]),
            ", ".join(one["article"] for one in each["takes_no_part"]), "yes" if each["partner"] else "no",
        )
        for each in bureaus
    ]  # fmt: skip
    out.print(table("", ("party", "name", "operational mailbox", "other ways", "takes no part in", "partner"), rows))


def _shown(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{name} {text}" for name, text in value.items())
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, each.values())) if isinstance(each, dict) else str(each) for each in value)
    return value


@group.command(epilog="Example: `spoc address-book take issue-8.xml`")
def take(
    context: typer.Context, file: Annotated[str, typer.Argument(help="The signed issue, or - for standard input.")]
) -> None:
    """Have the running gateway take in a newer issue. Nothing changes when anything in it is wrong."""
    from gateway.commands.checking import read_file

    terminal: Terminal = context.obj
    document = read_file(file)

    async def ask() -> dict[str, Any]:
        async with LocalDoor(homes.read(terminal)) as door:
            taken: dict[str, Any] = await door.ask(
                "POST", PATH, headers={"Content-Type": "application/xml"}, body=document
            )
            return taken

    taken = run(ask())

    def draw(out: Console) -> None:
        out.print(f"Issue {taken['issue']} is in force." + ("" if taken["changes"] else " It was before."))
        for line in taken["changes"]:
            out.print(f"  {line}")

    terminal.answer(taken, draw)


@group.command(epilog="Example: `spoc address-book check issue-8.xml`")
def check(
    context: typer.Context, file: Annotated[str, typer.Argument(help="The signed issue, or - for standard input.")]
) -> None:
    """Look at an issue without taking it in: who signed it, what is wrong, what it would change. Needs no gateway."""
    from gateway.addressbook.shelf import differences
    from gateway.commands.checking import read_file

    terminal: Terminal = context.obj
    shelf, earlier = _shelf(terminal)
    try:
        book = shelf.examine(read_file(file), datetime.now(UTC), earlier)
    except Refused as refused:
        raise Ending(REFUSED, refused.code, refused.public) from refused
    changes = differences(earlier, book)
    document = {
        "issue": book.issue, "publisher": book.publisher, "digest": book.digest, "valid_from": book.valid_from.isoformat(),
        "bureaus": len(book.bureaus), "in_force": earlier.issue if earlier else 0, "changes": list(changes),
    }  # fmt: skip
    terminal.answer(document, lambda out: out.print(facts([(name, _shown(value)) for name, value in document.items()])))


@group.command(epilog="Example: `spoc address-book sign draft.xml --party sirene:XA > issue-8.xml`")
def sign(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The unsigned book, or - for standard input.")],
    party: Annotated[str, typer.Option(help="Which of our offices signs it, as its publisher.")],
) -> None:
    """Sign a book with one of our keys, for a publisher and for testers: the signed XML on standard output."""
    from gateway import safexml
    from gateway.assembly import key_files
    from gateway.commands.checking import read_file
    from gateway.commands.ledgers import journalled
    from gateway.identity import digest
    from gateway.signing.keys import KeyRing
    from gateway.signing.sign import XadesSigner
    from schemas.address_book.reading import problems_of

    terminal: Terminal = context.obj
    home, now = homes.read(terminal), datetime.now(UTC)
    if party not in home.settings.office.parties:
        raise Ending(USAGE, "party.not-ours", f"{party[:64]} is none of our offices.")
    try:
        root = safexml.parse(read_file(file))
    except Refused as refused:
        raise Ending(REFUSED, refused.code, refused.public) from refused
    problems = problems_of(root)
    if problems:
        raise Ending(REFUSED, "address-book.invalid", "The book cannot be signed:\n" + "\n".join(problems))
    signer = XadesSigner(KeyRing.load(key_files(home), now))
    signed = signer.sign(root, party, now)
    run(journalled(home, "address-book.signed", f"{party}, SHA-256 {digest(signed)}"))
    sys.stdout.buffer.write(signed)
    sys.stdout.buffer.flush()


def _shelf(terminal: Terminal) -> tuple[Shelf, Book | None]:
    from gateway.assembly import shelf_of

    try:
        shelf = shelf_of(homes.read(terminal))
        if shelf is None:
            raise Ending(
                CONFIGURATION, "address-book.none", "The settings name no publisher of an address book.",
                "Write a table [address_book] with anchors_file and signers into spoc.toml.",
            )  # fmt: skip
        return shelf, shelf.in_force(datetime.now(UTC))
    except Misconfigured as error:
        raise Ending(CONFIGURATION, error.code, error.operator) from error
