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


def test_a_page_and_what_is_done_on_it_are_one_theme():
    """The page with recruiters and contacting them are not two things in a name; what tells more stays."""
    made = labels.build(
        profile(
            ("s1", "action", "act:contact", 0.8, 900.0),
            ("s1", "touchpoint", "recruiter", 0.9, 500.0),
            ("s1", "touchpoint", "process", 0.5, 200.0),
        )
    )["s1"]
    assert made.name["en"] == "Contacting recruiters + hiring process"


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


READERS = [
    ("s1", "touchpoint", "story", 0.50, 200.0),
    ("s1", "touchpoint", "culture", 0.49, 198.0),
    ("s1", "touchpoint", "home", 0.40, 100.0),
    ("s1", "stage", "apply", 0.26, 150.0),
    ("s2", "touchpoint", "vacancy", 0.95, 120.0),
    ("s2", "action", "act:filter", 0.40, 250.0),
    ("s2", "stage", "apply", 0.10, 80.0),
]


def names(made):
    return {segment: label.name for segment, label in made.items()}


@given(
    st.lists(st.floats(0.85, 1.15), min_size=len(READERS), max_size=len(READERS)),
    st.lists(st.floats(0.95, 1.05), min_size=len(READERS), max_size=len(READERS)),
)
@settings(max_examples=60, deadline=None)
def test_a_name_stays_while_the_profile_wavers(shares, indices):
    """Shares that are a seventh up or down, and indices by a twentieth, change no name, though they change the order of themes."""
    before = names(labels.build(profile(*READERS)))
    wavered = [
        (segment, dimension, value, min(share * up, 1.0), index * more)
        for (segment, dimension, value, share, index), up, more in zip(READERS, shares, indices, strict=True)
    ]
    assert names(labels.build(profile(*wavered), before)) == before


def test_a_name_goes_when_the_profile_is_another():
    """An audience that now does something else is called that."""
    before = {"s1": {"en": "Events", "nl": "Evenementen"}, "s2": {"en": "Vacancies", "nl": "Vacatures"}}
    made = names(labels.build(profile(*READERS), before))
    assert made["s1"]["en"] == "Employee stories + culture, on to applying"
    assert made["s2"]["en"] == "Filtering vacancies + vacancies"


def test_a_name_that_misses_the_point_goes():
    """A theme that has become by far the most telling is not left out because the old name could still be made."""
    rows = [("s1", "touchpoint", "culture", 0.3, 115.0), ("s1", "touchpoint", "relocation", 0.9, 600.0)]
    made = names(labels.build(profile(*rows), {"s1": {"en": "Culture", "nl": "Cultuur"}}))
    assert made["s1"]["en"].startswith("Relocation")


def test_a_new_segment_does_not_take_the_name_of_an_old_one():
    """Of two segments with the same profile, the one that has the name keeps it, whichever comes first."""
    twin = [("s0", *row[1:]) for row in READERS if row[0] == "s1"]
    before = {"s1": names(labels.build(profile(*READERS)))["s1"]}
    made = names(labels.build(profile(*twin, *READERS), before))
    assert made["s1"] == before["s1"]
    assert made["s0"] != before["s1"]


@given(rows)
@settings(max_examples=60, deadline=None)
def test_the_same_profiles_keep_all_names(drawn):
    """Whatever the profiles, an analysis of the same visits changes no name."""
    before = names(labels.build(profile(*drawn)))
    assert names(labels.build(profile(*drawn), before)) == before


@given(rows)
@settings(max_examples=60, deadline=None)
def test_english_and_dutch_are_in_step(drawn):
    """A name that needs a number to differ, or a channel, needs it in both languages."""
    for label in labels.build(profile(*drawn)).values():
        assert label.name["en"].count("(") == label.name["nl"].count("(")
        assert (", by way of " in label.name["en"]) == (", via " in label.name["nl"])
