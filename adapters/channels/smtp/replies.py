"""Every answer of the mail door, in words that tell the sender what to do (RFC 5321 codes, RFC 3463 enhanced codes).

An answer with a `reason` turns a message away: the conversation journals it under that code before it is sent.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

TEXT_CHARACTERS: Final = 400
"""RFC 5321 section 4.5.3.1.5 allows 512 octets a line."""


class Reply(Struct, frozen=True, kw_only=True):
    """One answer."""

    code: int
    enhanced: str
    text: str
    reason: str = ""
    """Stable code for the journal when a message is turned away, else empty."""
    closes: bool = False
    """Whether the connection ends with it."""

    @property
    def line(self) -> str:
        """The answer as it stands on the wire."""
        return f"{self.code} {self.enhanced} {one_line(self.text)}"


def one_line(text: str) -> str:
    """A text on one line of printable ASCII that fits into an answer."""
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:TEXT_CHARACTERS]


def turned_away(code: int, enhanced: str, reason: str, text: str) -> Reply:
    """A refusal that the journal knows by its reason."""
    return Reply(code=code, enhanced=enhanced, text=text, reason=reason)


def cut_off(code: int, enhanced: str, reason: str, text: str) -> Reply:
    """A refusal after which the connection cannot be trusted any more."""
    return Reply(code=code, enhanced=enhanced, text=text, reason=reason, closes=True)


SENDER_TAKEN: Final = Reply(code=250, enhanced="2.1.0", text="Sender accepted")
RECIPIENT_TAKEN: Final = Reply(code=250, enhanced="2.1.5", text="Recipient accepted")

ORDER: Final = Reply(code=503, enhanced="5.5.1", text="Commands are out of order; send EHLO, MAIL FROM, RCPT TO, DATA")
SYNTAX_MAIL: Final = turned_away(501, "5.5.4", "smtp.syntax", "Write MAIL FROM:<address> and known parameters after it")
SYNTAX_RCPT: Final = turned_away(501, "5.5.4", "smtp.syntax", "Write RCPT TO:<address> without parameters")
SYNTAX_DATA: Final = Reply(code=501, enhanced="5.5.4", text="DATA takes no argument")
SYNTAX_NAME: Final = Reply(
    code=501, enhanced="5.5.4", text="Name your host after the command: EHLO mail.office.example"
)
PARAMETER: Final = turned_away(
    555,
    "5.5.4",
    "smtp.parameter",
    "This parameter is not known here; MAIL takes SIZE, BODY and SMTPUTF8, RCPT takes none",
)
ADDRESS: Final = turned_away(
    553,
    "5.1.3",
    "smtp.address",
    "The address is odd or too long; send a plain one without quotes, routes or percent signs",
)
SENDER_ADDRESS: Final = turned_away(
    553,
    "5.1.7",
    "smtp.address",
    "The address is odd or too long; send a plain one without quotes, routes or percent signs",
)
NEEDS_SMTPUTF8: Final = turned_away(
    553, "5.6.7", "smtp.address", "The address has letters beyond ASCII; give the parameter SMTPUTF8 with MAIL FROM"
)
TOO_MANY_RECIPIENTS: Final = turned_away(
    452, "4.5.3", "smtp.recipients", "Too many recipients in one mail; send the others in another mail"
)
NO_SUCH_MAILBOX: Final = turned_away(550, "5.1.1", "smtp.mailbox", "There is no such mailbox here; check the address")
NO_RELAY: Final = turned_away(
    550, "5.7.1", "smtp.relay", "Mail for this domain is not taken here; this server is never an open relay"
)
NEEDS_TLS: Final = turned_away(530, "5.7.0", "smtp.tls-required", "Mail is taken over TLS only; begin with STARTTLS")
NEEDS_CERTIFICATE: Final = turned_away(
    530, "5.7.0", "smtp.certificate-required", "We agreed on a TLS client certificate; show it when you begin STARTTLS"
)
OTHER_CERTIFICATE: Final = turned_away(
    550,
    "5.7.1",
    "smtp.certificate-other",
    "The TLS client certificate is not the one agreed for this sender; show that one",
)
REVOKED_CERTIFICATE: Final = turned_away(
    550,
    "5.7.1",
    "smtp.certificate-revoked",
    "The TLS client certificate was revoked by its authority; show a valid one",
)
TLS_TWICE: Final = Reply(code=503, enhanced="5.5.1", text="TLS is active already")
TLS_NOT_HERE: Final = Reply(code=502, enhanced="5.5.1", text="STARTTLS is not offered here")
TLS_NOT_ALONE: Final = cut_off(
    503, "5.5.1", "smtp.pipelined", "Nothing may follow STARTTLS before our answer; wait for 220"
)
TLS_FAILED: Final = cut_off(
    454,
    "4.7.0",
    "smtp.tls-failed",
    "TLS could not be agreed on; use TLS 1.2 or later, and a certificate that we agreed on",
)
DATA_NOT_ALONE: Final = cut_off(
    503, "5.5.1", "smtp.pipelined", "Content may not be sent before our answer to DATA; wait for 354"
)
BARE_COMMAND: Final = cut_off(
    500, "5.5.2", "smtp.bare-line-end", "A bare CR or LF or a NUL stands in a command; end each line with CRLF"
)
BARE_CONTENT: Final = cut_off(
    554, "5.6.0", "smtp.bare-line-end", "A bare CR or LF stands in the content; end each line with CRLF, or use base64"
)
NUL_CONTENT: Final = cut_off(554, "5.6.0", "smtp.nul", "A NUL octet stands in the content; use base64")
COMMAND_TOO_LONG: Final = cut_off(500, "5.5.2", "smtp.command-length", "The command line is too long")
LINE_TOO_LONG: Final = turned_away(
    554, "5.6.0", "smtp.line-length", "A line of the content is longer than 998 octets; use base64 or quoted-printable"
)
CANNOT_KEEP: Final = turned_away(451, "4.3.0", "smtp.not-kept", "The message could not be kept; send it again later")
TAKES_TOO_LONG: Final = turned_away(
    451, "4.3.0", "smtp.take-time", "The message could not be kept in time; send it again, a copy does no harm"
)
TOO_MANY_CONNECTIONS: Final = cut_off(
    421, "4.7.0", "", "Too many connections; come again in a minute, and reuse connections"
)
NO_ROOM: Final = turned_away(
    452, "4.3.1", "smtp.no-room", "Too much mail is arriving at once; send it again in a minute"
)
TOO_OFTEN_REFUSED: Final = cut_off(
    421, "4.7.0", "", "Too many mails from this network address were refused within an hour; come again later"
)
TOO_MANY_REFUSALS: Final = cut_off(421, "4.7.0", "", "Too many refused commands; check your configuration")
TOO_SLOW: Final = cut_off(421, "4.4.2", "", "No complete command in time; come again")
CLOSING: Final = cut_off(421, "4.3.2", "", "The server is closing; come again in a minute")
VERIFY_NOTHING: Final = Reply(code=252, enhanced="2.5.0", text="Addresses are not verified; send the mail")
NOT_HERE: Final = Reply(code=502, enhanced="5.5.1", text="This command is not offered here")
HELP: Final = Reply(code=214, enhanced="2.0.0", text="This server speaks RFC 5321; send EHLO to see its extensions")


def unknown_sender(contact: str) -> Reply:
    """Nobody we know writes from there."""
    whom = f"ask {contact}" if contact else "ask the office that you want to write to"
    return turned_away(
        550, "5.7.1", "smtp.sender-unknown", f"This sender is not a partner of this office; {whom} to be added"
    )


def too_large(limit: int) -> Reply:
    """Longer than we take."""
    return turned_away(
        552, "5.3.4", "smtp.size", f"The mail is longer than {limit} octets; send fewer or smaller files"
    )


def too_many_messages(limit: int) -> Reply:
    """More than agreed within the hour."""
    return turned_away(450, "4.7.1", "smtp.rate", f"More than {limit} messages within an hour; send it again later")


def refused(code: str, public: str) -> Reply:
    """Intake will never take it."""
    return turned_away(554, "5.6.0", code, f"{public} ({code})")


def unavailable(code: str, public: str) -> Reply:
    """Intake cannot take it now."""
    return turned_away(451, "4.3.0", code, f"{public} ({code})")


def pressed(public: str) -> Reply:
    """Too much waits here. The journal has one entry for the closing of the door, and none for each who knocks."""
    return Reply(code=451, enhanced="4.3.1", text=public)


_LIBRARY: Final = {
    "250": "250 2.0.0 OK",
    "221": "221 2.0.0 Goodbye",
    "220": "220 2.0.0 Begin TLS now",
    "421": "421 4.7.0 Too many commands of one kind; come again with a new connection",
    "500": "500 5.5.2 The command is not known or not readable; this server speaks RFC 5321",
    "501": "501 5.5.4 The arguments of the command are not right",
    "502": "502 5.5.1 Too many unknown commands, goodbye",
    "503": ORDER.line,
}


def in_our_words(text: str) -> str:
    """An answer that the library worded, in our words and with an enhanced code; nothing of the client is echoed."""
    if re.match(r"\d{3} \d\.\d{1,3}\.\d{1,3} ", text) and not text.startswith(("421", "502")):
        return text
    return _LIBRARY.get(text[:3], "451 4.3.0 Something went wrong here; send it again later")
