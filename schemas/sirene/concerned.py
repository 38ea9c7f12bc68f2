"""Under which article the alert is that a form is about, as far as the form itself tells: what decides who takes part in it.

The one idea: a form may leave several articles open, and a state is kept from it surely only where it takes part in none of
them. Free words are never read for this but for the few that name the article or the object by a fixed text of the Manual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from gateway.addressbook.book import Book, Speciality
from gateway.facts import LETTER
from gateway.form import Form
from gateway.identity import PartyId
from schemas.sirene.articles import article_of, within
from schemas.sirene.facts import facts
from schemas.sirene.states import specialities

Says = Callable[[str], str]
PERMITS: Final = ("1861:24", "1861:25", "1860:3")
"""Alerts over which permits are consulted (Regulation (EU) 2018/1861 Arts 27 to 30, 2018/1860 Arts 9 to 12)."""
LETTERS: Final[dict[str, tuple[str, ...]]] = {"A": ("1862:26",), "N": PERMITS, "O": PERMITS}
"""What a letter is about where field 090 does not say it."""
ANNOUNCED: Final[dict[str, tuple[str, ...]]] = {
    "check-immediate": ("1862:36",),
    "security-check": ("1862:36",),
    "original-vehicle": ("1862:38",),
}
"""Fixed texts of the Manual that name the article or the object. SURRENDER and TRANSIT are ordinary words too, and tell nothing."""


def stated(says: Says) -> str:
    """What field 090 names."""
    return says("paragraph") or says("article")


def told(says: Says) -> tuple[str, ...]:
    """The articles that a form leaves possible, by its facts; none where it does not tell."""
    if named := stated(says):
        return (named,)
    if says("consultation") or says("concerns"):
        return PERMITS
    return LETTERS.get(says(LETTER), ()) or ANNOUNCED.get(says("announces"), ())


def told_by(form: Form) -> tuple[str, ...]:
    """The same of a form as it is written, whether or not the article in 090 is one that we know."""
    named, known = article_of(form), dict(facts(form))
    return (named,) if named else told(lambda name: known.get(name, ""))


def narrowed(articles: Iterable[str]) -> tuple[str, ...]:
    """Without those of which another one is a part: `1862:32` goes beside `1862:32(1)(a)`."""
    found = tuple(dict.fromkeys(articles))
    return tuple(each for each in found if not any(each != other and within(other, each) for other in found))


def kept(party: PartyId, articles: Iterable[str], book: Book | None) -> Speciality | None:
    """Why a bureau never gets anything about an alert under whichever of these articles; None where one may be open to it."""
    known = specialities(party, book)
    found = [next((each for each in known if each.covers(article)), None) for article in articles]
    return found[0] if found and all(found) else None


def touched(party: PartyId, articles: Iterable[str], book: Book | None) -> Speciality | None:
    """What may keep a bureau from an alert under one of these articles, or from a part of one."""
    wanted = tuple(articles)
    return next((each for each in specialities(party, book) if any(each.touches(one) for one in wanted)), None)


def kept_from_form(form: Form, party: PartyId, book: Book | None, article: str = "") -> Speciality | None:
    """Why a bureau never gets this form, or None when it may. `article` is what the alert system says of the alert.

    What form E says of an alert that is still to be entered is told to the receiver like the alert itself.
    """
    if not specialities(party, book):
        return None
    intended = form.first("IntendedAlert")
    each = (told_by(form), (article,), (intended.text("IntendedArticle").strip() if intended else "",))
    found = (kept(party, filter(None, articles), book) for articles in each)
    return next(filter(None, found), None)
