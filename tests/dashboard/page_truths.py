"""What ought to stand on each page of the dashboard, worked out from the rows of its files with the formatting functions of the pages."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import polars as pl

from analysis import runs
from analysis.runs import OTHER, UNCLUSTERED
from analysis.words import Language
from dashboard import compare, headlines, matrix, period, segments
from dashboard.formatting import dimension, index, number, percent, signed, times, value, week, weekdays
from dashboard.formatting import period as days
from dashboard.language import gettext as _
from dashboard.segments import STEPS_SHOWN
from dashboard.supply.section import few, opened
from dashboard.views import NONE, Profile, finite, value_of
from tests.dashboard.taken_away import Page, Row, squeezed

Rows = list[Row]
Grid = list[list[str]]
RowsOf = Callable[[str, str, Language], Rows]
NO = "–"


class Files:
    """The rows that belong to a page, in one form; and which of its links were followed."""

    def __init__(self, page: Page, form: str, lang: Language, rows_of: RowsOf, followed: set[str]) -> None:
        self.page = page
        self._form = form
        self._lang = lang
        self._rows_of = rows_of
        self._followed = followed

    def linked(self, what: str) -> Rows:
        """The file that the page offers."""
        (link,) = self.page.links(what)
        self._followed.add(link)
        return self._rows_of(link, self._form, self._lang)

    def all(self, what: str, query: str = "") -> Rows:
        """A table by its address."""
        return self._rows_of(f"/sites/demo/export/{what}.csv{query}", self._form, self._lang)

    def segments(self) -> Rows:
        """The audiences, and last the visits of none."""
        return self.all("segments")


def by_visits(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: (-row["visits"], row["value"]))


def told(rows: Rows, **only: Any) -> Rows:
    """Rows with these values, without what is held back."""
    return [
        row for row in rows if row["value"] not in (OTHER, NONE) and all(row[name] == of for name, of in only.items())
    ]


def squeeze(grid: list[list[Any]]) -> Grid:
    return [[squeezed("".join(cell) if isinstance(cell, tuple) else cell) for cell in row] for row in grid]


def name_of(row: Row, lang: Language) -> str:
    if row["segment"] == UNCLUSTERED:
        return _("Unclustered visits")
    return said(row, "label", lang)


def said(row: Row, name: str, lang: Language) -> str:
    """A text that is there in both languages, or in a file for people in theirs."""
    return str(row[f"{name}_nl" if lang == "nl" and f"{name}_nl" in row else name])


def in_words(rows: Rows, **words: Callable[[Row], str]) -> None:
    """Where the file has words beside its codes, they are those of the page."""
    for row in rows:
        for name, of in words.items():
            assert row.get(f"{name}_in_words", of(row)) == of(row)


def overview(page: Page, files: Files, lang: Language) -> None:
    segments_ = files.segments()
    schema = runs.TABLES["figures"]
    whole = pl.DataFrame([{name: row[name] for name in schema} for row in files.all("figures")], schema=schema)
    chosen = period.of_figures(whole, page.query)
    assert chosen
    assert page.texts("//div[@class='page-head']/p")[0] == squeezed(days(chosen.start, chosen.end))
    # The file of the page has the weeks of the page, and their sum is its figure.
    figures = files.linked("figures")
    assert sorted({row["week"] for row in figures}) == list(chosen.weeks)
    heads = headlines.build(whole, chosen)
    sums = [sum(row["visits"] for row in figures if row["measure"] == one.measure) for one in heads]
    shown = page.texts("//dl[contains(@class, 'headlines')]/div/dd[1]")
    rates = ["" if total is sums[0] else percent(total / sums[0]) for total in sums]
    assert shown == [squeezed(number(total) + rate) for total, rate in zip(sums, rates, strict=True)]
    foot = [
        signed(one.change.share) + _("%(low)s to %(high)s", low=signed(one.change.low), high=signed(one.change.high))
        if one.change
        else _("nothing to compare with")
        for one in heads
    ]
    assert page.texts("//dl[contains(@class, 'headlines')]/div/dd[2]") == [squeezed(text) for text in foot]
    shares = {(row["segment"], row["week"]): row["share"] for row in files.linked("trends")}
    assert page.grid("//section[@aria-labelledby='over-time']//table") == squeeze(
        [[week(one), *(percent(shares.get((row["segment"], one))) for row in segments_)] for one in chosen.weeks]
    )
    assert page.texts("//ul[@class='legend']/li/span[@class='muted']") == [
        squeezed(percent(row["share"])) for row in segments_
    ]
    vain = told(files.all("demand", "?segment="), kind="search_empty")
    assert page.grid("//section[@aria-labelledby='gaps']//table") == squeeze(
        [[row["value"], number(row["visits"]), percent(row["unanswered"])] for row in vain[:5]]
    )
    feed(page.texts("//section[@aria-labelledby='changes']//li"), files.all("changes"))
    rest = segments_[-1]["share"]
    assert (
        squeezed(_("%(share)s of the visits fit no audience.", share=percent(rest)))
        in page.texts("//p[@class='note']")[0]
    )


def feed(listed: list[str], changes: Rows) -> None:
    """Each change with its numbers, newest first."""
    assert len(listed) == len(changes)
    for text, row in zip(listed, changes, strict=True):
        assert squeezed(week(row["week"])) in text
        assert squeezed(percent(row["after"])) in text
        assert row["kind"] != "grew" or squeezed(percent(row["before"])) in text


def audiences(page: Page, files: Files, lang: Language) -> None:
    rows = files.linked("segments")
    assert page.texts("//dl[contains(@class, 'figures')]/div/dd")[:3] == [
        squeezed(text)
        for text in (
            number(sum(row["visits"] for row in rows)), str(len(rows) - 1), percent(1 - rows[-1]["share"]),
        )
    ]  # fmt: skip
    found = page.grid("//section[@aria-labelledby='list']//table")
    assert [row[2:4] for row in found] == squeeze([[percent(row["share"]), number(row["visits"])] for row in rows])
    for shown, row in zip(found, rows, strict=True):
        assert shown[1].startswith(squeezed(name_of(row, lang)))
    crossing(page, "//section[@aria-labelledby='matrix']//table", files.linked("profiles"), rows, "touchpoint")
    page.grid("//section[@aria-labelledby='map']//table")  # a picture in words; it is no table of the export


def crossing(page: Page, place: str, profiles: Rows, rows: Rows, name: str) -> None:
    """Audiences against the values of a dimension."""
    columns = tuple(SimpleNamespace(id=row["segment"], visits=row["visits"]) for row in rows)
    built = matrix.build(pl.DataFrame(profiles, infer_schema_length=None), columns, name, rows_max=40)  # type: ignore[arg-type]
    assert built.rows

    def cell(one: Any) -> str:
        if one is None:
            return "·"
        return percent(one.share) + (f"{_('index')}{index(one.index)}" if one.index is not None else "")

    assert page.grid(place) == squeeze(
        [[value(name, row.value), *map(cell, row.cells), percent(row.share) + number(row.visits)] for row in built.rows]
    )


def channels(page: Page, files: Files, lang: Language) -> None:
    name = page.query.get("by", "channel")
    crossing(page, "//table", files.linked("profiles"), files.segments(), name)


def profile_of(rows: Rows, segment: str) -> Profile:
    values: dict[str, list[Any]] = {}
    for row in rows:
        if row["segment"] == segment:
            values.setdefault(row["dimension"], []).append(value_of(row))
    ordered = {
        name: tuple(sorted(listed, key=lambda one: (one.is_other, -one.visits, one.value)))
        for name, listed in values.items()
    }
    return Profile(None, None, ordered)  # type: ignore[arg-type]


def comparison(page: Page, files: Files, lang: Language) -> None:
    rows = files.linked("profiles")
    left, right = list(dict.fromkeys(row["segment"] for row in rows))
    pairs = compare.build(profile_of(rows, left), profile_of(rows, right))
    assert pairs
    for name, listed in pairs.items():
        assert page.grid(f"//table[@aria-labelledby='d-{name}']") == squeeze(
            [
                [value(name, pair.value), *(percent(one.share) if one else "·" for one in (pair.left, pair.right))]
                for pair in listed
            ]
        )
    shares = {row["segment"]: row["share"] for row in files.segments()}
    assert page.texts("//ul[@class='both']/li/span[@class='muted']") == [
        squeezed(percent(shares[one])) for one in (left, right)
    ]


def segment(page: Page, files: Files, lang: Language) -> None:
    identity = page.address.rpartition("/")[2].partition("?")[0]
    (own,) = (row for row in files.segments() if row["segment"] == identity)
    assert page.texts("//dl[contains(@class, 'figures')]/div/dd")[:2] == [
        squeezed(percent(own["share"])),
        squeezed(number(own["visits"])),
    ]
    trends = sorted(files.linked("trends"), key=lambda row: row["week"])
    assert {row["segment"] for row in trends} == {identity}
    assert page.grid("//section[@aria-labelledby='trend']//table") == squeeze(
        [[week(row["week"]), percent(row["share"]), number(row["visits"])] for row in trends]
    )
    if page.links("shapes"):
        assert page.grid("//section[@aria-labelledby='shapes']//table") == squeeze(
            [
                [said(row, "name", lang) + said(row, "sentence", lang), percent(row["share"]), number(row["visits"])]
                for row in files.linked("shapes")
            ]
        )
    if page.links("nearer"):
        near = [row for row in files.linked("nearer") if row["real"] and row["lift"] > 1]
        text = "%(rate)s against %(without)s without it, among visits that see as much"
        assert page.texts("//section[@aria-labelledby='nearer']//li/span") == [
            squeezed(_(text, rate=percent(row["rate"]), without=percent(row["rate_without"]))) for row in near
        ]
    if page.links("journeys"):
        journeys(page, files.linked("journeys"))
    profile_tables(page, files, identity)


def journeys(page: Page, rows: Rows) -> None:
    listed = sorted(rows, key=lambda row: (-row["visits"], row["start"], row["end"]))
    groups = {
        "begin": [row for row in listed if row["start"] == "(start)"][:STEPS_SHOWN],
        "between": [row for row in listed if row["start"] != "(start)" and row["end"] != "(end)"][: 2 * STEPS_SHOWN],
        "end": [row for row in listed if row["end"] == "(end)"][:STEPS_SHOWN],
    }
    for name, steps in groups.items():
        ends = {"begin": ("end",), "between": ("start", "end"), "end": ("start",)}[name]
        assert page.grid(f"//table[@aria-labelledby='steps-{name}']") == squeeze(
            [
                [
                    "→".join(value("touchpoint", row[end]) for end in ends),
                    percent(row["share"]), index(row["index"]), number(row["visits"]),
                ]
                for row in steps
            ]
        )  # fmt: skip


def profile_tables(page: Page, files: Files, identity: str) -> None:
    """Every dimension of an audience, its hours, and what stands out."""
    profile = profile_of(files.linked("profiles"), identity)
    for name in profile.told - {"hour_of_week", "step"}:
        expected = [
            [
                value(name, one.value),
                percent(one.share),
                NO if one.index is None else (index(one.index), f"{index(one.index_low)}–{index(one.index_high)}"),
                number(one.visits),
            ]
            for one in profile.of(name)
        ]
        assert page.grid(f"//table[@aria-labelledby='d-{name}']") == squeeze(expected), name
    hours = sorted((one for one in profile.of("hour_of_week") if not one.is_other), key=lambda one: one.value)
    assert page.titles("//table[@class='heat']//td[@title]") == [
        squeezed(
            f"{weekdays()[int(one.value[0]) - 1]} {int(one.value[2:])}:00 · {percent(one.share)} · {_('index')} {index(one.index)}"
        )
        for one in hours
    ]
    text = "%(share)s of these visits, %(times)s × the average"
    assert page.texts("//section[@aria-labelledby='stands-out']//li/span[last()]") == [
        squeezed(_(text, share=percent(one.share), times=times(one.index))) for one in segments.stands_out(profile)
    ]


def changes(page: Page, files: Files, lang: Language) -> None:
    rows = files.linked("changes")
    texts = page.texts("//ul[contains(@class, 'feed')][1]/li[details]")
    feed(texts, rows)
    for text, row in zip(texts, rows, strict=True):
        assert squeezed(_("It rests on %(visits)s visits.", visits=number(row["visits"]))) in text
        for end in ("after_low", "after_high"):
            assert squeezed(percent(row[end])) in text


def touchpoints(page: Page, files: Files, lang: Language) -> None:
    rows = by_visits(files.linked("touchpoints"))
    (kind,) = {row["kind"] for row in rows}
    (identity,) = {row["segment"] or "" for row in rows}
    assert identity == page.query.get("segment", "")
    in_words(rows, value=lambda row: value(kind, row["value"]), kind=lambda _row: dimension(kind))

    def cells(row: Row) -> list[str]:
        started = "·"
        if row["started"]:
            started = percent(row["start_rate"]) + f"{percent(row['start_low'])}–{percent(row['start_high'])}"
        own = [index(row["index"])] if identity else []
        return [value(kind, row["value"]), number(row["visits"]), percent(row["share"]), *own, started]

    shown = page.grid("//table")
    assert [row[: 4 + bool(identity)] for row in shown] == squeeze([cells(row) for row in rows])


def thing(page: Page, files: Files, lang: Language) -> None:
    kind, name = page.query["kind"], page.query["value"]
    (whole,) = files.all("touchpoints", f"?segment=&kind={kind}&value={quote(name)}")
    assert page.texts("//dl/div/dd") == [
        squeezed(text) for text in (number(whole["visits"]), percent(whole["share"]), percent(whole["start_rate"]))
    ]
    assert page.grid("//section[@aria-labelledby='curve']//table") == squeeze(
        [
            [week(row["week"]), number(row["visits"])]
            for row in sorted(files.linked("interest"), key=lambda row: row["week"])
        ]
    )
    by_segment = {row["segment"]: row for row in files.linked("profiles")}
    assert page.grid("//section[@aria-labelledby='seen-by']//table") == squeeze(
        [
            [name_of(row, lang), number(seen["visits"]), percent(seen["share"]), index(finite(seen["index"]))]
            for row in files.segments()
            if (seen := by_segment.get(row["segment"]))
        ]
    )


def demand(page: Page, files: Files, lang: Language) -> None:
    rows = by_visits(files.linked("demand"))
    identity = page.query.get("segment", "")
    assert page.grid("//section[@aria-labelledby='in-vain']//table") == squeeze(
        [[row["value"], number(row["visits"]), percent(row["unanswered"])] for row in told(rows, kind="search_empty")]
    )
    for kind in ("search", "job_family"):

        def cells(row: Row, kind: str = kind) -> list[str]:
            made = [value(kind, row["value"]), number(row["visits"]), percent(row["share"])]
            if identity:
                made.append(index(row["index"]))
            if kind == "search":
                return [*made, percent(row["unanswered"])]
            return made  # vacancies were brought in, so pull goes by those

        assert page.grid(f"//section[@aria-labelledby='kind-{kind}']//table") == squeeze(
            [cells(row) for row in told(rows, kind=kind)]
        )
    words = {"wanted": _("wanted, no vacancy open"), "unseen": _("vacancies, hardly a visit")}
    in_words(told(rows), value=lambda row: value(row["kind"], row["value"]))
    supply = files.linked("supply")
    assert supply
    assert page.grid("//section[@aria-labelledby='supply']//table") == squeeze(
        [
            [
                value("job_family", row["family"]), words.get(row["stands_out"], ""),
                NO if row["visits"] is None else number(row["visits"]), percent(row["share"]), opened(row["open"]), index(row["pull"]),
                few(row["hires"], stepped=False), few(row["applications"], stepped=False),
            ]
            for row in supply
        ]
    )  # fmt: skip
