"""A label says in plain words what the visits do, differs from all others, and is there in both languages."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import labels
from analysis.runs import OTHER

COLUMNS = {"segment": pl.String, "dimension": pl.String, "value": pl.String, "share": pl.Float64, "index": pl.Float64}


def profile(*rows):
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def test_what_is_common_here_and_rarer_elsewhere_makes_the_name():
    """Stories in most visits at three times the average name the segment; the vacancy page that everybody sees does not."""
    made = labels.build(
        profile(
            ("s1", "touchpoint", "vacancy", 0.9, 101.0),
            ("s1", "touchpoint", "story", 0.8, 300.0),
            ("s1", "channel", "organic_social", 0.7, 200.0),
        )
    )["s1"]
    assert made.name == {"en": "Employee stories + vacancies", "nl": "Verhalen van medewerkers + vacatures"}
    assert "employee stories 80%" in made.sentence["en"]
    assert "sociale media (70%)" in made.sentence["nl"]


def test_applying_is_in_the_name():
    """A segment of which most start to apply says so."""
    made = labels.build(profile(("s1", "touchpoint", "vacancy", 1.0, 150.0), ("s1", "stage", "apply", 0.6, 400.0)))[
        "s1"
    ]
    assert made.name["en"] == "Vacancies, on to applying"
    assert "60 start to apply" in made.sentence["en"]


def test_what_is_held_back_is_not_denied():
    """Where the stage is held back under k, the sentence does not claim that nobody applies."""
    made = labels.build(profile(("s1", "touchpoint", "vacancy", 1.0, 100.0), ("s1", "stage", OTHER, 0.5, None)))["s1"]
    assert "Hardly any" not in made.sentence["en"]


def test_a_section_of_the_site_names_itself():
    """A site with its own words gets names in those words."""
    made = labels.build(profile(("s1", "touchpoint", "section:werkplaats", 0.9, 500.0)))["s1"]
    assert made.name["nl"] == "“werkplaats”"


rows = st.lists(
    st.tuples(
        st.sampled_from(["s1", "s2", "s3", "s4"]),
        st.sampled_from(["touchpoint", "action", "stage", "channel", "job_family", "engaged"]),
        st.sampled_from(["home", "vacancy", "act:search", "apply", "applied", "direct", "0", "300", "Zorg", OTHER]),
        st.floats(0.01, 1.0),
        st.none() | st.floats(1, 900),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[:3],
)


@given(rows)
@settings(max_examples=100, deadline=None)
def test_names_differ_within_a_site(drawn):
    """Whatever the profiles, each segment has a name of its own in each language, and a sentence."""
    made = labels.build(profile(*drawn))
    assert set(made) == {row[0] for row in drawn}
    for lang in ("en", "nl"):
        names = [label.name[lang] for label in made.values()]
        assert len(set(names)) == len(names)
        assert all(label.sentence[lang] for label in made.values())
