from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from dashboard import formatting


@pytest.mark.parametrize(
    ("function", "arguments", "english", "dutch"),
    [
        (formatting.number, (21480,), "21,480", "21.480"),
        (formatting.percent, (0.27,), "27%", "27%"),
        (formatting.percent, (0.054,), "5.4%", "5,4%"),
        (formatting.percent, (0.0996,), "10%", "10%"),
        (formatting.percent, (0.0002,), "< 0.1%", "< 0,1%"),
        (formatting.percent, (0,), "0.0%", "0,0%"),
        (formatting.percent, (None,), "–", "–"),
        (formatting.index, (153.6,), "154", "154"),
        (formatting.index, (None,), "–", "–"),
        (formatting.times, (1352.0,), "13.5", "13,5"),
        (formatting.day, (date(2026, 11, 22),), "22 Nov 2026", "22 nov 2026"),
        (formatting.day, (None,), "–", "–"),
        (formatting.week, ("2026-W47",), "16–22 Nov 2026", "16–22 nov 2026"),
        (formatting.week, ("no week",), "no week", "no week"),
        (formatting.value, ("channel", "job_board"), "job board", "vacaturebank"),
        (formatting.value, ("language", "nl"), "Dutch", "Nederlands"),
        (formatting.value, ("language", "zz"), "zz", "zz"),
        (formatting.value, ("country", "BE"), "Belgium", "België"),
        (formatting.value, ("country", "??"), "??", "??"),
        (formatting.value, ("campaign", "(none)"), "none", "geen"),
        (formatting.value, ("channel", "(other)"), "other, held back under k", "overig, achtergehouden onder k"),
        (formatting.value, ("employment_type", "FULL_TIME"), "full-time", "voltijd"),
        (formatting.value, ("vacancy", "/vacatures/monteur-gemalen/:id"), "monteur gemalen", "monteur gemalen"),
        (formatting.value, ("vacancy", "/:id"), "/:id", "/:id"),
        (formatting.value, ("search", "<b>stage</b>"), "<b>stage</b>", "<b>stage</b>"),
        (formatting.dimension, ("job_family",), "Job family", "Functiegroep"),
    ],
)
def test_in_both_languages(
    polyglot: Flask, function: Callable[..., str], arguments: tuple[object, ...], english: str, dutch: str
) -> None:
    """Figures, dates and values read as they do in the language of the page."""
    for language, expected in (("en", english), ("nl", dutch)):
        with polyglot.test_request_context(f"/?lang={language}"):
            assert function(*arguments).replace("\u2009", "") == expected


@given(
    st.sampled_from(["language", "country", "vacancy", "employment_type", "hour_of_week", "step", "page"]), st.text()
)
def test_whatever_came_in_can_be_shown(polyglot: Flask, dimension: str, text: str) -> None:
    """No value, however odd, breaks a page."""
    with polyglot.test_request_context("/?lang=nl"):
        assert isinstance(formatting.value(dimension, text), str)


def test_week_starts_on_monday() -> None:
    """An ISO week begins on its Monday; what is no week has no beginning."""
    assert formatting.week_start("2026-W01") == date(2025, 12, 29)
    assert formatting.week_start("2026-W54") is None
