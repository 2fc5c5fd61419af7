"""
A table for people: beside each code what the pages call it, and the names of audiences in one language.

Codes stay, so that such a file can be laid beside any other. Files for programs (JSON, Parquet, plain CSV, the API) have the codes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Final

import polars as pl
from flask import has_request_context

from analysis.journeys import END, START
from analysis.runs import OTHER, UNCLUSTERED
from analysis.words import Language
from dashboard import formatting, language
from dashboard.exports.columns import IN_WORDS
from dashboard.language import gettext as _
from dashboard.reports.speech import speaking

THING: Final = ("dimension", "kind")  # columns that say what a value is a value of
WHOLE_SITE: Final = ""


def table(part: pl.DataFrame, what: str, lang: Language, names: Mapping[str, str]) -> pl.DataFrame:
    """
    *part* of the table *what* for who reads *lang*: columns in both languages become one, and codes get their words behind them.

    Args:
        names: what each segment is called in that language.
    """
    speaks = has_request_context() and language.current() == lang
    with nullcontext() if speaks else speaking(lang):
        called = {**names, WHOLE_SITE: _("The whole site"), UNCLUSTERED: _("Unclustered visits")}
        made: list[pl.Series] = []
        for name in part.columns:
            if name.endswith("_nl") and name.removesuffix("_nl") in part.columns:
                continue
            column = _in_language(part, name, lang)
            if name == "label":
                column = _each(part["segment"], called.get, column)
            made.append(column)
            words = _words(part, what, name)
            if words is not None:
                made.append(words.alias(name + IN_WORDS))
        return pl.DataFrame(made)


def _in_language(part: pl.DataFrame, name: str, lang: Language) -> pl.Series:
    dutch = f"{name}_nl"
    if lang != "nl" or dutch not in part.columns:
        return part[name]
    return part.select(pl.when(pl.col(dutch).fill_null("") != "").then(dutch).otherwise(name).alias(name)).to_series()


def _words(part: pl.DataFrame, what: str, name: str) -> pl.Series | None:
    """The words of a column of codes; None for one that has none."""
    if name == "kind" and what == "changes":
        return _each(part[name], _changes().get)
    if name == "measure":
        return _each(part[name], formatting.measure)
    if name == "status":
        return _each(part[name], _statuses().get)
    if name == "goal":
        return _each(part[name], _goals().get)
    if name == "stands_out":
        return _each(part[name], _standing_out().get)
    if name in THING:
        return _each(part[name], formatting.dimension)
    if name in ("start", "end", "touchpoint"):
        return _each(part[name], _step)
    of = next((column for column in THING if column in part.columns), None)
    return _values(part, of) if name == "value" and of else None


def _each(codes: pl.Series, say: Callable[[str], str | None], other: pl.Series | None = None) -> pl.Series:
    """Each code in words; one that has none as *other* says, else as it is."""
    words = {code: said for code in codes.unique().drop_nulls().to_list() if (said := say(code)) is not None}
    rest = codes if other is None else other
    frame = pl.DataFrame({"code": codes, "rest": rest})
    return frame.select(
        pl.col("code").replace_strict(words, default=pl.col("rest"), return_dtype=pl.String).alias(rest.name)
    ).to_series()


def _values(part: pl.DataFrame, of: str) -> pl.Series:
    pairs = part.select(of, "value").unique(maintain_order=True)
    words = pairs.with_columns(
        pl.Series("words", [_value(thing, code) for thing, code in pairs.iter_rows()], pl.String)
    )
    return part.join(words, on=[of, "value"], how="left", nulls_equal=True, maintain_order="left")["words"]


def _value(thing: str | None, code: str | None) -> str:
    if code == OTHER:
        return _("(what is held back)")
    return formatting.value(thing or "", code or "")


def _step(code: str) -> str:
    if code == START:
        return _("(beginning of the visit)")
    if code == END:
        return _("(end of the visit)")
    return formatting.value("touchpoint", code) if code else ""


def _statuses() -> dict[str, str]:
    return {
        "new": _("new"),
        "kept": _("as it was"),
        "grown": _("growing"),
        "shrunk": _("shrinking"),
        "split": _("split off"),
        "merged": _("merged"),
        "returned": _("back again"),
    }


def _changes() -> dict[str, str]:
    return {
        "appeared": _("new"),
        "grew": _("growing"),
        "shrank": _("shrinking"),
        "vanished": _("gone"),
        "split": _("split off"),
        "merged": _("merged"),
        "applies_rose": _("applying more"),
        "applies_fell": _("applying less"),
    }


def _goals() -> dict[str, str]:
    return {
        "vacancy": _("sees a vacancy"),
        "contact": _("makes contact"),
        "apply": _("starts to apply"),
    }


def _standing_out() -> dict[str, str]:
    return {"wanted": _("wanted, no vacancy open"), "unseen": _("vacancies, hardly a visit")}
