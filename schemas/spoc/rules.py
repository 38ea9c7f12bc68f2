"""Rules of the technical receipt.

None of them refuses: a receipt that contradicts itself is shown to an officer and never answered.
"""

from collections.abc import Iterable

from gateway.findings import Finding, Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.spoc.receipts import INVALID, VALID, read

_SOURCE = "urn:x-spoc:spoc:1, receipt.xsd"


def _says_why(form: Form, _: Occasion) -> Iterable[Problem]:
    receipt = read(form)
    if receipt.stage == INVALID and not (receipt.code or receipt.text or receipt.findings):
        yield "The receipt refuses a message and does not say why."


def _no_error_in_valid(form: Form, _: Occasion) -> Iterable[Problem]:
    receipt = read(form)
    if receipt.stage == VALID and any(_is_error(finding) for finding in receipt.findings):
        yield "The receipt says VALID and reports an error."


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def _one_message(form: Form, _: Occasion) -> Iterable[Problem]:
    of_message, in_reply_to = form.value("OfMessageId"), form.header.in_reply_to
    if of_message and in_reply_to and of_message != in_reply_to:
        yield "OfMessageId and the header's InReplyTo name two messages."


RULES = (
    Rule(
        id="T01", severity=Severity.WARNING, check=_says_why, field="Body/Code",
        text="A receipt with stage INVALID holds a code, a text or a finding.",
        citation=_SOURCE, confidence="proposal",
        remedy="Add the reason code and at least one finding.",
    ),
    Rule(
        id="T02", severity=Severity.HOLD, check=_no_error_in_valid, field="Body/Finding",
        text="A receipt with stage VALID reports no error.",
        citation=_SOURCE, confidence="proposal",
        remedy="Send INVALID for a refused message, or report the finding as a warning.",
    ),
    Rule(
        id="T03", severity=Severity.HOLD, check=_one_message, field="Body/OfMessageId",
        text="OfMessageId and InReplyTo, where both stand, are the same message.",
        citation=_SOURCE, confidence="proposal",
        remedy="Write the same message id in both places.",
    ),
)  # fmt: skip
