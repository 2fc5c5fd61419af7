from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from collector.beacon import TEXT_MAX_CHARS, Beacon, BeaconRefused, read
from collector.events import Kind
from collector.settings import Settings
from tests.strategies import bodies

SETTINGS = Settings(data=Path("unused"))
ONE = {"site": "acme", "kind": "page_view", "url": "https://werkenbij.example.org/"}


def send(**fields: object) -> list[Beacon]:
    return read(json.dumps(ONE | fields).encode(), SETTINGS)


def refusal(body: bytes) -> BeaconRefused:
    with pytest.raises(BeaconRefused) as caught:
        read(body, SETTINGS)
    return caught.value


def test_one_object_and_an_array_read_alike():
    """A body is one object or an array of objects."""
    body = json.dumps(ONE).encode()
    assert read(body, SETTINGS) == read(b" [" + body + b"]", SETTINGS) == [Beacon("acme", "page_view", ONE["url"])]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_known_as_itself(kind: Kind):
    """Every kind of the vocabulary can be sent, in capitals, with dashes and in camel case too."""
    words = kind.value.split("_")
    for spelled in (
        kind.value,
        kind.value.upper(),
        kind.value.replace("_", "-"),
        words[0] + "".join(map(str.title, words[1:])),
    ):
        assert send(kind=spelled)[0].kind == kind


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("pageview", Kind.PAGE_VIEW),
        ("pageView", Kind.PAGE_VIEW),
        ("page-view", Kind.PAGE_VIEW),
        ("view", Kind.PAGE_VIEW),
        ("hand_off", Kind.HANDOFF),
        ("application_start", Kind.APPLY_START),
        ("apply", Kind.APPLY_START),
        ("applied", Kind.APPLY_COMPLETE),
        ("apply_submit", Kind.APPLY_COMPLETE),
        ("application_complete", Kind.APPLY_COMPLETE),
        ("Zero Results", Kind.SEARCH),
    ],
)
def test_aliases_mean_what_they_say(said: str, meant: Kind):
    """What people write who send beacons by hand is understood."""
    assert send(kind=said)[0].kind == meant


def test_zero_results_is_a_search_that_found_nothing():
    """A search without results is a search with results 0."""
    assert send(kind="zero_results", query="kok")[0].results == 0


def test_null_is_not_sent():
    """A field that is null, as a page's NaN becomes, counts as not sent; a required one is missing then."""
    beacon = send(kind="search", query="kok", results=None, job={"family": "zorg", "location": None})[0]
    assert (beacon.query, beacon.results) == ("kok", -1)
    assert beacon.job is not None
    assert beacon.job.family == "zorg"
    assert "`url`" in str(refusal(json.dumps([ONE, ONE | {"url": None}]).encode()))


def test_a_page_may_call_a_kind_by_its_name():
    """A custom event with the name of a kind is of that kind; a view is never made by name, and other names stay custom."""
    assert [(one.kind, one.name) for one in send(kind="custom", name="Apply Start")] == [("apply_start", "")]
    assert [(one.kind, one.name) for one in send(kind="custom", name="page_view")] == [("custom", "page_view")]
    assert [(one.kind, one.name) for one in send(kind="custom", name="quiz")] == [("custom", "quiz")]


def test_unknown_kind_is_refused_with_the_known_ones():
    """Who sends an unknown kind is told which ones there are."""
    refused = refusal(json.dumps(ONE | {"kind": "conversion"}).encode())
    assert refused.status == 400
    assert "page_view" in str(refused)
    assert "conversion" not in str(refused)


def test_what_is_not_listed_is_not_kept():
    """A field that Beacon does not list does not exist after reading."""
    assert not hasattr(send(email="jan@example.org")[0], "email")


@pytest.mark.parametrize(
    "fields",
    [
        {"url": 5},
        {"site": 7},
        {"engaged_ms": "long"},
        {"job": []},
        {"job": {"remote": "yes"}},
        {"url": "x" * (TEXT_MAX_CHARS + 1)},
    ],
)
def test_wrong_types_are_refused_by_name(fields: dict[str, object]):
    """A wrong type is 400, with the name of the field and not its value."""
    refused = refusal(json.dumps(ONE | fields).encode())
    assert refused.status == 400
    assert f"$.{next(iter(fields))}" in str(refused)
    assert "xxx" not in str(refused)


@pytest.mark.parametrize("missing", ["site", "kind", "url"])
def test_required_fields_are_named_when_missing(missing: str):
    """An event without site, kind or url is refused by the name of what is missing."""
    assert missing in str(refusal(json.dumps({name: text for name, text in ONE.items() if name != missing}).encode()))


def test_too_much_is_413():
    """A body or a batch over its limit is refused as too large."""
    assert refusal(b" " * (SETTINGS.body_max_bytes + 1)).status == 413
    assert refusal(json.dumps([ONE] * (SETTINGS.batch_max_events + 1)).encode()).status == 413
    assert len(read(json.dumps([ONE] * SETTINGS.batch_max_events).encode(), SETTINGS)) == SETTINGS.batch_max_events


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'"text"', b"{", b"[" * 60000, b'{"a":' * 10000, b'{"site":"\xff"}']
)
def test_what_is_no_event_is_400(body: bytes):
    """Anything that is not an event is refused with one sentence."""
    assert refusal(body).status == 400


@settings(max_examples=300, deadline=None)
@given(bodies)
def test_any_body_is_read_or_refused(body: bytes):
    """No body at all makes anything but beacons of known kinds, or a refusal with 400 or 413."""
    try:
        beacons = read(body, SETTINGS)
    except BeaconRefused as error:
        refused = error.status
        beacons = []
    else:
        refused = 0
    assert refused in (0, 400, 413)
    assert {beacon.kind for beacon in beacons} <= {kind.value for kind in Kind}


def test_vacancy_as_schema_org_writes_it() -> None:
    """Of a list the first counts, of an object its name, and of anything else nothing."""
    beacon = send(
        job={
            "family": {"@type": "CategoryCode", "name": "Zorg"},
            "employment_type": ["PART_TIME"],
            "location": [],
            "posted": {"x": 1},
        }
    )[0]
    assert beacon.job is not None
    assert (beacon.job.family, beacon.job.employment_type, beacon.job.location, beacon.job.posted) == (
        "Zorg",
        "PART_TIME",
        "",
        "",
    )
