"""Errors know three things: whether trying again can help, what the other side may be told, what the operator needs.

Library exceptions become one of these at the border where they happen, with the cause chained. Anything else that
reaches the pipeline is our own fault and ends in quarantine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.findings import Finding


class GatewayError(Exception):
    """Something went wrong in a way that the gateway understands.

    `code` is stable and may be told to anybody; `public` is a sentence for the other side and holds neither secrets
    nor personal data nor internals; `operator` is what a person at our end needs; `temporary` says whether the same
    step may work later.
    """

    temporary = False

    def __init__(self, code: str, public: str, *, operator: str = "") -> None:
        super().__init__(f"{code}: {operator or public}")
        self.code = code
        self.public = public
        self.operator = operator or public


class Refused(GatewayError):
    """The same input will always fail: the sender must change something. `findings` name the rules behind it, where there
    are such.
    """

    def __init__(self, code: str, public: str, *, operator: str = "", findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(code, public, operator=operator)
        self.findings = findings


class Unavailable(GatewayError):
    """Something that is needed does not answer now; trying again later may work."""

    temporary = True


class Ambiguous(GatewayError):
    """The other side may or may not have taken what was sent; only a receipt, a question or a person can tell."""


class Misconfigured(GatewayError):
    """The settings cannot work; start-up stops."""


class RegisterUnavailable(Unavailable):
    """A national register or case system gave no usable answer in its time."""


class CounterpartUnavailable(Unavailable):
    """A foreign office, or the broker or server before it, cannot take the message now."""


class NotYetKnown(Exception):
    """A stage asked an envelope for a fact that no earlier stage has learned: an error of order in our own code."""
