"""The reply to a request, drafted from what registers said.

The conditions of the request come first: every handling code with its text, the purposes, the classification and the
test mark of the question stand on the answer, whatever was found. Nothing is drafted that would weaken one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.form import Condition, Field, Form, Header
from gateway.questions import Answer
from gateway.reply import ReplyContext
from schemas.europol import reading
from schemas.europol import vocabulary as words
from schemas.europol.sentences import SENTENCES, language_for
from schemas.europol.told import Told, fit

MAX_CONDITIONS: Final = 16
"""As many as the header carries; beyond that an officer writes the reply."""


def draft(form: Form, answers: Sequence[Answer], reply: ReplyContext) -> Form | None:
    """The reply as a form; None where the conditions cannot all be carried, so that an officer must write it."""
    language = language_for(form.header.language)
    handling = conditions(form, answers, language)
    if len(handling) > MAX_CONDITIONS:
        return None
    told = Told(form, reply, language, frozenset(condition.code for condition in handling))
    told.take(answers)
    composed = Form(
        format="europol/Reply@1",
        header=_header(form, reply, handling, language),
        fields=(*_about(form, reply, language), *_answer(told, language), *told.done()),
    )
    return composed.with_subjects(reading.subjects(composed))


def conditions(form: Form, answers: Sequence[Answer], language: str) -> tuple[Condition, ...]:
    """The union of what the request and the records demand; without any code the default for a missing one."""
    union = list(dict.fromkeys(form.header.handling))
    asked = {code for entity in reading.entities(form) for code in entity.attribute("handling").split()}
    recorded = {code for answer in answers for match in answer.matches for code in match.handling}
    sentences = SENTENCES[language]
    _add_codes(union, (asked | recorded) & {"H0", "H1", "H2"})
    restrictions = sorted(fit(code, 60) for code in recorded - {"H0", "H1", "H2"})
    if "H3" in asked and not any(condition.code == "H3" for condition in union):
        restrictions.append("H3")
    if restrictions:
        union.append(
            Condition(code="H3", text=fit(sentences["restriction"].format(codes=", ".join(restrictions)), 2000))
        )
    unknown = sorted(asked - {"H0", "H1", "H2"} - {condition.code for condition in union})
    union += [Condition(code=code) for code in unknown]
    if not union:
        _add_codes(union, words.handling_when_missing())
    return tuple(dict.fromkeys(_without_contradiction(union, sentences["h0"])))


def _add_codes(union: list[Condition], codes: set[str] | tuple[str, ...]) -> None:
    present = {condition.code for condition in union}
    union += [Condition(code=code) for code in sorted(codes) if code not in present]


def _without_contradiction(union: list[Condition], h0: str) -> list[Condition]:
    """H0 cannot stand beside H1 or H2 (rule EUR-09); there its meaning travels as the text of an H3."""
    if not {condition.code for condition in union} & {"H1", "H2"}:
        return union
    kept = [condition for condition in union if condition.code != "H0"]
    relaxed = [condition for condition in union if condition.code == "H0"]
    if relaxed:
        kept.append(Condition(code="H3", text=h0))
    return kept + [Condition(code="H3", text=condition.text) for condition in relaxed if condition.text.strip()]


def _header(form: Form, reply: ReplyContext, handling: tuple[Condition, ...], language: str) -> Header:
    asked = form.header
    return Header(
        message_id=reply.message_id,
        sent=reply.now,
        sender=reply.own_party,
        to=(asked.sender,),
        our_reference=reply.our_reference,
        your_references=(asked.our_reference,),
        case_reference=asked.case_reference or asked.our_reference,
        in_reply_to=asked.message_id,
        subject=SENTENCES[language]["subject"],
        urgency="NORMAL" if asked.urgency == "NORMAL" else "URGENT",
        urgency_reasons=asked.urgency_reasons,
        handling=handling,
        purposes=asked.purposes,
        language=language,
        test=asked.test,
    )


def _about(form: Form, reply: ReplyContext, language: str) -> tuple[Field, ...]:
    state = reading.state_of(reply.own_party)
    origin = Field(name="OriginState" if len(state) == 2 and state.isupper() else "OriginOrganisation", value=state)
    marks = [form.value("Classification"), *(entity.attribute("classification") for entity in reading.entities(form))]
    known = [mark for mark in marks if mark in words.CLASSIFICATIONS]
    return (
        *form.named("LegalBasis"),
        *form.named("CrimeArea"),
        Field(
            name="Classification", value=max(known, key=words.CLASSIFICATIONS.index, default=words.CLASSIFICATIONS[0])
        ),
        Field(
            name="Evaluation",
            attributes=(("source", words.DEFAULT_EVALUATION[0]), ("information", words.DEFAULT_EVALUATION[1])),
        ),
        Field(name="Origin", attributes=(("thirdParty", "false"),), children=(origin,)),
        Field(
            name="CopyToEuropol",
            attributes=(("decision", "NO"),),
            children=(Field(name="CopyReason", value=SENTENCES[language]["copy"]),),
        ),
    )


def _answer(told: Told, language: str) -> tuple[Field, ...]:
    sentences = SENTENCES[language]
    lines = (sentences["opening"], *told.texts, sentences["final" if told.final else "not_final"])
    return (
        Field(name="Final", value="true" if told.final else "false"),
        Field(name="ReplyText", value="\n".join(lines)),
    )
