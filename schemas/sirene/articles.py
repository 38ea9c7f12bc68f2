"""The articles that alerts rest on, written `act:article` as in field 090: `1862:38`, `1862:32(1)(c)`, `1861:24`."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from msgspec import Struct

from gateway.form import Form

ARREST = ("1862:26",)
MISSING = ("1862:32",)
CHILDREN = ("1862:32(1)(c)", "1862:32(1)(d)")
DNA = ("1862:32(1)(a)",)
JUDICIAL = ("1862:34",)
CHECKS = ("1862:36", "1862:37a")
SECURITY_CHECKS = ("1862:36(4)",)
OBJECTS = ("1862:38",)
ENTRY_AND_RETURN = ("1860:", "1861:")
RETURN = ("1860:",)
INFORMATION = ("1862:37a",)
FLAGGED = (*ARREST, *MISSING, *CHECKS)
"""Alerts that another state may ask to flag (Regulation (EU) 2018/1862 Art 24(1))."""


class Article(Struct, frozen=True, kw_only=True):
    """An article with the kind of alert it stands for."""

    article: str
    category: str
    subjects: str
    source: str
    confidence: str


@cache
def all_articles() -> tuple[Article, ...]:
    """Every article an alert can rest on."""
    rows = (files("schemas.sirene") / "articles.csv").read_text(encoding="utf-8").splitlines()
    return tuple(Article(**row) for row in csv.DictReader(rows))


def article_of(form: Form) -> str:
    """What field 090 names, or an empty text."""
    return form.value("AlertArticle")


def known(article: str) -> Article | None:
    """The article, whatever paragraph and point are added to it."""
    return next((row for row in all_articles() if row.article == article.partition("(")[0]), None)


def rests_on(form: Form, articles: tuple[str, ...]) -> bool:
    """Whether field 090 names one of these articles or a part of one. What ends in a colon is a whole act."""
    return any(within(article_of(form), article) for article in articles)


def within(article: str, outer: str) -> bool:
    """Whether an article is the outer one or a part of it. An outer one that ends in a colon is a whole act."""
    if outer.endswith(":"):
        return article.startswith(outer)
    return article == outer or article.startswith(f"{outer}(")
