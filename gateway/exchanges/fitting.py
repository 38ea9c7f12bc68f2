"""Does a message fit its exchange? The dialogues and the rules over the whole exchange decide; nothing is lost over it.

A message that breaks its dialogue waits for an officer with the explanation, one that a rule refuses goes back with it,
and only one that goes on becomes a step. The revision that was read travels with the decision: if somebody writes to the
exchange meanwhile, the decision is made again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.dialogues.course import YES
from gateway.dialogues.reading import ISSUER, TERRORISM
from gateway.dialogues.refusal import REPLY_TO_NOTHING
from gateway.dialogues.standing import Fit
from gateway.dialogues.step import Step
from gateway.dialogues.story import AlertFacts, Story
from gateway.envelope import Envelope
from gateway.exchanges.joining import key_of, step_of
from gateway.exchanges.matter import MAX_STEPS, MAX_STEPS_OF_ONE, Kept
from gateway.exchanges.overturned import may_overturn, overturned
from gateway.exchanges.picture import aside, standing_of
from gateway.exchanges.telling import TEXT, for_the_sender, knows_all
from gateway.families import Family
from gateway.findings import Finding, Severity, worst
from gateway.identity import PartyId
from gateway.ledger import Ledger
from gateway.office import Office
from gateway.partners import Directory
from gateway.ports import AlertLookup, Formats
from gateway.verdict import Details, Hold, Reason, Reject, Retry

BREAKS: Final = "dialogue.breaks"
STORY_HOLD: Final = "story.officer"
STORY_REFUSED: Final = "story.refused"
FULL: Final = "exchange.full"


WAIT_FOR_EARLIER: Final = timedelta(minutes=10)
"""What follows a message that is not known here waits so long for it: messages overtake each other. Our own proposal."""
URGENT_WAIT_FOR_EARLIER: Final = timedelta(minutes=1)
OPENED_FOR: Final = timedelta(minutes=1)
"""So long an exchange that is being opened is remembered; after that the ledger knows it, or it came to nothing."""
MAX_OPENED: Final = 1000
LOOK_AGAIN: Final = timedelta(seconds=20)
"""At first; then after half of the time that it has waited, for each look is a write and an entry."""
AWAITED: Final = Reason(code="dialogue.earlier-awaited", public="It follows a message that has not come yet.")


class Fitted(Struct, frozen=True, kw_only=True):
    """What an advance must carry so that the message becomes a step."""

    envelope: Envelope
    details: Details = ()
    steps: tuple[Step, ...] = ()
    expects: tuple[tuple[str, int], ...] = ()


Stopped = Hold | Reject | Retry


class Fitting:
    """Fits messages into exchanges. `alerts` is where rules look up the alert; without it they yield nothing."""

    def __init__(
        self, ledger: Ledger, formats: Formats, office: Office, directory: Directory, alerts: AlertLookup | None = None
    ) -> None:
        self._ledger, self._formats, self._directory, self._alerts = ledger, formats, directory, alerts
        self._own = frozenset(office.parties)
        self._opened: OrderedDict[tuple[str, PartyId], tuple[str, datetime]] = OrderedDict()

    async def fit(self, envelope: Envelope, exchange: str, now: datetime) -> Stopped | Fitted:
        """What goes with the advance; Hold or Reject with the explanation, or Retry while what it follows may still come.

        The envelope has its form and findings.
        """
        family = self._formats.family(envelope.form.format)
        if family.technical:
            return Fitted(envelope=envelope.learn(exchange=exchange))
        key = key_of(self._formats, envelope)
        exchange = self._together(envelope, exchange, key, now)
        envelope = envelope.learn(exchange=exchange)
        kept = await self._ledger.exchange(exchange)
        earlier = tuple(step for step in kept.steps if step.envelope != envelope.id)
        if _full(envelope, earlier):
            return self._over(envelope)
        step = step_of(envelope, exchange, key)
        story = await self._story(family, step, earlier, kept, now)
        step, fit = story.step, story.standing.fit(envelope.id)
        found = tuple(finding for rule in family.story_rules for finding in rule.findings(story))
        found = (*found, *await self._overturned(family, story, earlier))
        if fit and fit.problem:
            found = (fit.problem, *found)
        told = for_the_sender(found, all_known=knows_all(step, earlier))
        known = envelope.learn(findings=(*(each for each in envelope.findings if each not in told), *told), step=step)
        if fit and fit.problem and fit.problem.rule == REPLY_TO_NOTHING and now < _waits_until(step):
            return Retry(envelope=envelope, reason=AWAITED, at=_look_again(step, now), counts=False)
        stopped = _stopped(known, fit, found, told)
        if stopped:
            return stopped
        return Fitted(
            envelope=known,
            details=(*_told(fit), *_rules(found)),
            steps=(step,),
            expects=((exchange, kept.revision),),
        )

    async def pass_on(self, envelope: Envelope, exchange: str, now: datetime) -> Stopped | Fitted:
        """What is passed on for another office is no step of ours, and no dialogue is asked: only rules about who may get it speak."""
        family = self._formats.family(envelope.form.format)
        envelope = envelope.learn(exchange=exchange)
        if family.technical:
            return Fitted(envelope=envelope)
        kept = await self._ledger.exchange(exchange)
        step = step_of(envelope, exchange, key_of(self._formats, envelope))
        story = await self._story(family, step, kept.steps, kept, now)
        found = tuple(finding for rule in family.story_rules if rule.passed_on for finding in rule.findings(story))
        known = envelope.learn(findings=(*(each for each in envelope.findings if each not in found), *found))
        return _stopped(known, None, found, found) or Fitted(envelope=known, details=_rules(found))

    def _together(self, envelope: Envelope, exchange: str, key: str, now: datetime) -> str:
        """First messages on one matter that come at the same moment open one exchange; all but one are then decided again."""
        if not key or exchange != envelope.id:
            return exchange
        matter = (key, envelope.form.header.sender if envelope.inbound else envelope.claim.recipients[0])
        opened, at = self._opened.get(matter, (exchange, now))
        if now - at > OPENED_FOR:
            opened, at = exchange, now
        self._opened[matter] = (opened, at)
        self._opened.move_to_end(matter)
        if len(self._opened) > MAX_OPENED:
            self._opened.popitem(last=False)
        return opened

    async def _story(self, family: Family, step: Step, earlier: tuple[Step, ...], kept: Kept, now: datetime) -> Story:
        """The exchange with the new step in it, and the alert where a rule might need it."""
        asked = self._alerts if family.story_rules and step.key else None
        alert = await asked.look_up(step.key) if asked else None
        step = _looked_up(step, alert)
        steps = (*(each for each in earlier if not each.void), step)
        standing = await aside(len(steps), lambda: standing_of(family, steps, kept.happened, self._own))
        return Story(
            step=step, steps=steps, happened=kept.happened, standing=standing, alert=alert, own=self._own, now=now,
            book=self._directory.book,
        )  # fmt: skip

    async def _overturned(self, family: Family, story: Story, earlier: Sequence[Step]) -> tuple[Finding, ...]:
        """The finding on a step that would change how others stand."""
        others = [each for each in earlier if not each.void]
        if not may_overturn(story.step, others):
            return ()
        before = await aside(len(others), lambda: standing_of(family, others, story.happened, self._own))
        return overturned(story.step, others, before, story.standing)

    def _over(self, envelope: Envelope) -> Fitted | Hold:
        """An exchange that is full keeps no more; an officer decides whether the message goes on without being a step."""
        if envelope.released(FULL):
            return Fitted(envelope=envelope, details=(("step", "not kept"),))
        words = (
            f"Its exchange holds as many messages as it can: {MAX_STEPS} in all, {MAX_STEPS_OF_ONE} of one counterpart."
        )
        return Hold(envelope=envelope, reason=Reason(code=FULL, public=words))


def _full(envelope: Envelope, earlier: Sequence[Step]) -> bool:
    """Whether the exchange holds no more, or no more of this counterpart: one office alone cannot fill what others need."""
    sender = envelope.form.header.sender
    theirs = sum(step.inbound and step.sender == sender for step in earlier)
    return len(earlier) >= MAX_STEPS or (envelope.inbound and theirs >= MAX_STEPS_OF_ONE)


def _looked_up(step: Step, alert: AlertFacts | None) -> Step:
    """The step with what a look-up tells of its alert: the issuer, for who answers whom depends on it and a form may be wrong; and
    that it is about terrorism, which most forms have no field for.
    """
    if alert is None:
        return step
    told = {ISSUER: alert.issuer, **({TERRORISM: YES} if alert.terrorism else {})}
    facts = tuple(sorted({**dict(step.facts), **told}.items()))
    return step if facts == step.facts else replace(step, facts=facts)


def _waits_until(step: Step) -> datetime:
    """Until when it waits for what it follows. What we send ourselves follows something that we know, or nothing."""
    if not step.inbound:
        return step.known_at
    return step.known_at + (URGENT_WAIT_FOR_EARLIER if step.urgent else WAIT_FOR_EARLIER)


def _look_again(step: Step, now: datetime) -> datetime:
    return min(now + max(LOOK_AGAIN, (now - step.known_at) / 2), _waits_until(step))


def _stopped(
    envelope: Envelope, fit: Fit | None, found: Sequence[Finding], told: tuple[Finding, ...]
) -> Hold | Reject | None:
    """Why it does not go on; what an officer has released does not stop it again. `told` is what its sender may know of `found`."""
    details = (*_told(fit), *_rules(found))
    if worst(found) is Severity.ERROR:
        reason = Reason(
            code=STORY_REFUSED, public="The message cannot stand in its exchange; see the findings for each field."
        )
        return Reject(envelope=envelope, reason=reason, findings=told, details=details)
    if fit and fit.problem and not envelope.released(BREAKS):
        return Hold(envelope=envelope, reason=_explained(BREAKS, fit.problem, told), details=details)
    held = [each for each in found if each.severity is Severity.HOLD and not (fit and each == fit.problem)]
    # Who let it go on in spite of its dialogue has seen the findings of the rules, too.
    if held and not (envelope.released(STORY_HOLD) or envelope.released(BREAKS)):
        return Hold(envelope=envelope, reason=_explained(STORY_HOLD, held[0], told), details=details)
    return None


def _explained(code: str, finding: Finding, told: Sequence[Finding]) -> Reason:
    source = f" ({finding.citation})" if finding.citation else ""
    operator = f"{finding.remedy}{source}".strip()
    if finding in told:
        return Reason(code=code, public=f"{finding.rule}: {finding.text}", operator=operator)
    return Reason(code=code, public=f"{finding.rule}: {TEXT}", operator=f"{finding.text} {operator}")


def _told(fit: Fit | None) -> Details:
    if fit is None:
        return ()
    early = (("early", "yes"),) if fit.early else ()
    return (("dialogue", fit.dialogue), ("state_before", fit.before), ("state_after", fit.after), *early)


def _rules(found: Sequence[Finding]) -> Details:
    return (("findings", " ".join(f"{each.rule}:{each.severity}" for each in found)),) if found else ()
