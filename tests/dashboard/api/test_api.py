from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerDay, RateLimitItemPerHour
from werkzeug.test import TestResponse

from analysis.runs import TABLES
from dashboard import annotations
from dashboard.api import document, door
from dashboard.api.resources import PREFIX, RESOURCES
from dashboard.exports import formats, names, tables
from dashboard.people.accounts import Account
from dashboard.reports import apart
from dashboard.reports import pages as report_pages
from dashboard.supply import sheets
from dashboard.supply.rows import HIRES, VACANCIES
from tests import factories
from tests.dashboard.conftest import services_of

Ask = Callable[..., TestResponse]


@pytest.fixture
def owner(app: Flask) -> Account:
    """An editor of an installation with a published run of the site demo, and a site other."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder))
    factories.site(services.folder, "other")
    services.accounts.add("admin@example.org", "admin", None)
    return services.accounts.add("editor@example.org", "editor", None)


@pytest.fixture
def ask(app: Flask, owner: Account) -> Ask:
    """Asks the API with a token of the scope annotate on every site, or with another one."""
    own = services_of(app).tokens.make(owner.id, "all", "annotate", None, 30)
    client = app.test_client()

    def send(path: str, token: str | None = own, method: str = "GET", **more: Any) -> TestResponse:
        headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        return client.open(PREFIX + path, method=method, headers=headers, **more)

    return send


def all_paths(app: Flask) -> list[str]:
    """Each address that is read, of the site demo; of files those that cost least."""
    return [
        path.replace("{key}", "demo").replace("{id}", "1").replace("{format}", "html" if "/report." in path else "csv")
        for path in document.build()["paths"]
    ]


def rows(ask: Ask, path: str) -> list[dict[str, Any]]:
    """Every row, part by part, by way of the header Link."""
    found: list[dict[str, Any]] = []
    while path:
        answer = ask(path)
        assert answer.status_code == 200, answer.text
        found += answer.json["rows"]
        link = answer.headers.get("Link", "")
        assert bool(link) is (answer.json["next"] is not None)
        path = link.partition(">")[0].removeprefix(f"<{PREFIX}")
    return found


def test_every_table_is_there_whole_and_as_published(app: Flask, ask: Ask) -> None:
    """Each exported table comes back by parts with every row and value that the export has, given names too."""
    services = services_of(app)
    services.names.give("demo", "a01", "Night nurses", by=None)
    assert set(RESOURCES) == set(names.EXPORTED)
    for name in names.TABLES:
        published = services.readings.table("demo", name)
        found = rows(ask, f"/sites/demo/{name}?limit=397")
        assert [{column: row[column] for column in published.columns} for row in found] == published.fill_nan(
            None
        ).to_dicts()
        assert "segment" not in published.columns or all(
            row["label"] for row in found if row["segment"] != "unclustered"
        )
        assert set(published.columns) == set(TABLES[name])
    assert rows(ask, "/sites/demo/segments")[0]["label"] == "Night nurses"


def test_every_table_is_a_file_of_every_format(app: Flask, ask: Ask) -> None:
    """By token each table comes as the very file that the export writes: filtered, named, with a tag by which it is not sent again."""
    services = services_of(app)
    services.sites.refresh()
    site = services.sites.get("demo")
    assert site
    for name in names.EXPORTED:
        for form in names.FORMATS:
            answer = ask(f"/sites/demo/{name}.{form}")
            assert answer.status_code == 200
            assert answer.content_type == formats.by_name(form).media_type
            assert answer.headers["Content-Disposition"].endswith(f'-{name}.{form}"')
            known = ask(f"/sites/demo/{name}.{form}", headers={"If-None-Match": answer.headers["ETag"]})
            assert (known.status_code, known.data) == (304, b"")
            if form != "xlsx":  # a workbook holds when it was made
                told = tables.write(services.readings, site, name, form, {})
                assert answer.data == told, (name, form)
    weeks = sorted({row["week"] for row in rows(ask, "/sites/demo/trends")})
    chosen = f"segment=a01&from={weeks[1]}&to={weeks[2]}"
    table = pl.read_csv(ask(f"/sites/demo/trends.csv?{chosen}").data)
    assert table["week"].to_list() == [row["week"] for row in rows(ask, f"/sites/demo/trends?{chosen}")]
    assert set(table["segment"]) == {"a01"}
    assert ask(f"/sites/demo/trends.csv?{chosen}").headers["Content-Disposition"].endswith('-trends-a01.csv"')


def test_words_stand_beside_codes_when_they_are_asked_for(ask: Ask) -> None:
    """With a language a table has the words of the pages beside its codes, in JSON and in every file; the codes stay."""
    bare = rows(ask, "/sites/demo/profiles?dimension=device")
    for path in ("profiles?dimension=device&limit=1000&lang=nl", "profiles.json?dimension=device&lang=nl"):
        found = ask(f"/sites/demo/{path}").json["rows"]
        assert [row["value"] for row in found] == [row["value"] for row in bare]
        assert {row["dimension_in_words"] for row in found} == {"Apparaat"}
        assert "telefoon" in {row["value_in_words"] for row in found}
    assert "telefoon" in ask("/sites/demo/profiles.csv?dimension=device&lang=nl").text
    assert (
        pl.read_parquet(ask("/sites/demo/profiles.parquet?dimension=device&lang=en").data)["dimension_in_words"][0]
        == "Device"
    )
    assert ask("/sites/demo/profiles?lang=de").status_code == 400


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("segments.xls", "*/*", 404), ("nothing.csv", "*/*", 404), ("segments.csv?segment=zz", "*/*", 404), ("report.doc", "*/*", 404),
        ("report.html?segment=zz", "*/*", 404), ("segments.csv?limit=3", "*/*", 400), ("segments.parquet?segmnet=a01", "*/*", 400),
        ("trends.csv?from=2026-47", "*/*", 400), ("report.pdf?chapters=all", "*/*", 400), ("report.pdf?chapters=", "*/*", 400),
        ("report.pdf?lang=de", "*/*", 400), ("report.pdf?weeks=5", "*/*", 400), ("report.pdf?until=now", "*/*", 400),
        ("report.pdf?segment=a01&segment=a02", "*/*", 400), ("segments.csv", "application/json", 406),
        ("segments", "text/csv", 406), ("report.pdf", "text/html", 406), ("segments.csv", "text/*", 200), ("segments.csv", "", 200),
    ],
)  # fmt: skip
def test_what_a_file_is_not_is_said(ask: Ask, path: str, accept: str, status: int) -> None:
    """Wrong formats, tables, audiences, filters and media types are problems, in a sentence, and no file."""
    answer = ask(f"/sites/demo/{path}", headers={"Accept": accept} if accept else {})
    assert answer.status_code == status
    if status != 200:
        assert answer.content_type == "application/problem+json"
        assert "Content-Disposition" not in answer.headers


def test_an_audience_without_rows_is_no_error(ask: Ask) -> None:
    """An audience of the run that a table has nothing of gives no rows, in JSON and in files."""
    for segment in ("a01", "unclustered"):
        for name, resource in RESOURCES.items():
            if "segment" in resource.filters:
                assert ask(f"/sites/demo/{name}?segment={segment}").status_code == 200, name
                assert ask(f"/sites/demo/{name}.csv?segment={segment}").status_code == 200, name


def test_a_report_is_fetched_by_token(app: Flask, ask: Ask, owner: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report comes in the language, of the audience and with the chapters that are asked for; it has a rate of its own."""
    answer = ask("/sites/demo/report.html?lang=nl&segment=a01&chapters=briefs,about")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/html")
    assert '<html lang="nl"' in answer.text
    assert answer.headers["Content-Disposition"].endswith('-report-a01.html"')
    known = ask(
        "/sites/demo/report.html?lang=nl&segment=a01&chapters=briefs,about",
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert (known.status_code, known.data) == (304, b"")
    monkeypatch.setattr(apart, "write", lambda _form, report, _look: repr(report).encode())
    weeks = rows(ask, "/sites/demo/figures")
    earlier = ask(
        f"/sites/demo/report.html?chapters=summary&until={min(row['week'] for row in weeks)}&weeks=4&compare=year"
    )
    assert earlier.status_code == 200
    assert earlier.data != ask("/sites/demo/report.html?chapters=summary").data
    assert ask("/sites/demo/report.html?until=1999-W01").status_code == 404
    one = services_of(app).tokens.make(owner.id, "one", "read", "other", 30)
    assert ask("/sites/demo/report.pdf", one).status_code == 404
    assert ask("/sites/other/report.pdf", one).json["detail"] == "Site 'other' has no published analysis yet."
    monkeypatch.setattr(door, "REPORT_RATES", (RateLimitItemPerHour(1),))
    assert ask("/sites/demo/report.html?segment=zz").status_code == 404  # counts: it was asked for
    late = ask("/sites/demo/report.html")
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) >= 1
    assert ask("/sites/demo").status_code == 200


def test_who_asks_while_a_report_is_made_is_told_so(app: Flask, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that is asked for while the worker makes one is 503 with Retry-After at once, and the next one comes."""
    monkeypatch.setattr(apart, "write", lambda *_: b"a report")
    with app.app_context(), apart.turn():
        busy = ask("/sites/demo/report.html?chapters=about")
    assert busy.status_code == 503
    assert busy.content_type == "application/problem+json"
    assert busy.headers["Retry-After"] == str(report_pages.BUSY_S)
    assert ask("/sites/demo/report.html?chapters=about").status_code == 200


def test_supply_comes_as_the_page_shows_it(app: Flask, ask: Ask, owner: Account) -> None:
    """Vacancies and hires beside what visits want: who may only read sees hires in steps of five, in JSON and in every file."""
    services = services_of(app)
    family = services.readings.table("demo", "demand").filter(pl.col("kind") == "job_family")["value"][0]
    start, month = services.readings.run("demo").start, services.readings.run("demo").end.isoformat()[:7]
    read = sheets.read(f"family,opened\n{family},{start}\n".encode(), VACANCIES, services.readings.run("demo").end)
    services.supply.keep("demo", "v", read, by=None)
    before = ask("/sites/demo/supply").headers["ETag"]
    read = sheets.read(f"month,family,hires\n{month},{family},13\n".encode(), HIRES, services.readings.run("demo").end)
    services.supply.keep("demo", "h", read, by=None)
    reading = services.tokens.make(owner.id, "r", "read", None, 30)
    assert ask("/sites/demo/supply", headers={"If-None-Match": before}).status_code == 200
    for token, hires in ((None, 13), (reading, 10)):
        more = [token] if token else []
        answer = ask("/sites/demo/supply?limit=1000", *more).json
        found = {(row["segment"], row["family"]): row for row in answer["rows"]}
        assert found["", family]["hires"] == hires
        assert found["", family]["open"] == 1.0
        file = pl.read_parquet(ask("/sites/demo/supply.parquet", *more).data)
        assert file.filter(segment="", family=family)["hires"].to_list() == [hires]
        assert str(13) not in ask("/sites/demo/supply.csv", reading).text.split("\n")[1].split(",")[6:]
    viewer = services.accounts.add("viewer@example.org", "viewer", None)
    writing = services.tokens.make(viewer.id, "w", "annotate", None, 30)  # more than its owner may
    assert 13 not in [row["hires"] for row in ask("/sites/demo/supply?limit=1000", writing).json["rows"]]


def test_without_a_good_token_there_is_nothing(app: Flask, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address but the document's answers 401 to no token, a wrong one and a logged-in browser; all as problems."""
    monkeypatch.setattr(door, "REFUSED_RATES", ())
    browser = app.test_client()
    browser.get(services_of(app).accounts.entry_link("editor@example.org"))
    for path in [*all_paths(app), "/sites/demo/nothing"]:
        if path == "/openapi.json":
            continue
        for answer in (ask(path, None), ask(path, "telpunt_wrong"), ask(path, "x" * 9000), browser.get(PREFIX + path)):
            assert answer.status_code == 401, path
            assert answer.content_type == "application/problem+json"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_reads_its_sites_only(app: Flask, ask: Ask, owner: Account) -> None:
    """Of a token for one site the others are not there: in the list, by address, or by a table; so also for who lost a site."""
    one = services_of(app).tokens.make(owner.id, "one", "read", "other", 30)
    assert [site["key"] for site in ask("/sites", one).json["rows"]] == ["other"]
    for path in all_paths(app):
        if "demo" in path:
            assert ask(path, one).status_code == 404, path
            assert ask(path, one).json["detail"].count("demo") == 1
    services_of(app).accounts.set_access(owner.id, "viewer", {"other": "viewer"})
    assert ask("/sites/demo").status_code == 404
    assert ask("/sites/other").status_code == 200
    assert ask("/sites/other/segments").status_code == 404  # it has no analysis


def test_filters_choose_and_what_is_not_understood_is_refused(ask: Ask) -> None:
    """Columns and weeks choose rows; a misspelled parameter or a bad value is 400, an unknown audience 404, never the whole table."""
    found = rows(ask, "/sites/demo/profiles?segment=a01&segment=a02&dimension=channel")
    assert {row["segment"] for row in found} == {"a01", "a02"}
    assert {row["dimension"] for row in found} == {"channel"}
    weeks = sorted({row["week"] for row in rows(ask, "/sites/demo/trends")})
    some = rows(ask, f"/sites/demo/trends?from={weeks[1]}&to={weeks[2]}")
    assert {row["week"] for row in some} == set(weeks[1:3])
    for wrong in (
        "segmnet=a01", "limit=0", "limit=1001", "limit=x", "limit=", "cursor=3", "cursor=list.1%0A", "limit=1&limit=2", "from=2026-47",
        "to=2026-W60", "from=2026-W47&to=2026-W46", "kind=vacancy", f"value={'x' * 401}",
    ):  # fmt: skip
        answer = ask(f"/sites/demo/trends?{wrong}")
        assert answer.status_code == 400, wrong
        assert answer.json["detail"].endswith(".")
    for wrong in (
        "segments?segment=zz",
        "profiles?dimension=zzz",
        "demand?kind=job",
        "figures?measure=visit",
        "nearer?goal=",
    ):
        assert ask(f"/sites/demo/{wrong}").status_code == 404, wrong
        assert "expected one of: " in ask(f"/sites/demo/{wrong}").json["detail"]
    assert ask("/sites/demo/profiles?dimension=channel&value=none+yet").json["total"] == 0


def test_an_answer_that_is_known_is_not_sent_again(app: Flask, ask: Ask) -> None:
    """With its tag an answer is 304 without a body, until a name is given or another run is published; tags are of one address."""
    for path in (
        "/sites",
        "/sites/demo",
        "/sites/demo/runs",
        "/sites/demo/annotations",
        "/sites/demo/segments",
        "/openapi.json",
    ):
        etag = ask(path).headers["ETag"]
        again = ask(path, headers={"If-None-Match": etag})
        assert again.status_code == 304, path
        assert again.data == b""
        assert again.headers["ETag"] == etag
        assert ask(path, headers={"If-None-Match": '"other"'}).status_code == 200
    before = ask("/sites/demo/segments").headers["ETag"]
    assert ask("/sites/demo/segments?limit=3").headers["ETag"] != before
    services = services_of(app)
    services.names.give("demo", "a01", "Night nurses", by=None)
    named = ask("/sites/demo/segments", headers={"If-None-Match": before})
    assert named.status_code == 200
    site = services.sites.get("demo")
    assert site
    factories.publish(services.folder, site, identity="20261123T033000Z")
    assert ask("/sites/demo/segments", headers={"If-None-Match": named.headers["ETag"]}).status_code == 200


def test_parts_of_two_analyses_are_not_put_together(app: Flask, ask: Ask) -> None:
    """A cursor of the analysis before is 409, not rows of another one."""
    cursor = ask("/sites/demo/profiles?limit=10").json["next"]
    assert ask(f"/sites/demo/profiles?cursor={cursor}").status_code == 200
    services = services_of(app)
    site = services.sites.get("demo")
    assert site
    factories.publish(services.folder, site, identity="20261123T033000Z")
    assert ask(f"/sites/demo/profiles?cursor={cursor}").status_code == 409
    assert [(run["id"], run["published"]) for run in rows(ask, "/sites/demo/runs")] == [
        ("20261123T033000Z", True),
        ("20261122T033000Z", False),
    ]


def test_annotations_are_added_by_tokens_that_may(app: Flask, ask: Ask, owner: Account) -> None:
    """A token of the scope annotate adds one, once; one of the scope read, or of who is no editor any more, adds none."""
    body = {"start": "2026-11-02", "text": "Open day"}
    reading = services_of(app).tokens.make(owner.id, "r", "read", None, 30)
    assert ask("/sites/demo/annotations", reading, "POST", json=body).status_code == 403
    made = ask("/sites/demo/annotations", method="POST", json=body)
    assert made.status_code == 201
    assert made.json | {"id": 0} == {
        "id": 0,
        "start": "2026-11-02",
        "end": "2026-11-02",
        "kind": "other",
        "text": "Open day",
    }
    assert ask("/sites/demo/annotations", method="POST", json=body).status_code == 200
    assert ask("/sites/demo/annotations", reading).json["rows"] == [made.json]
    services_of(app).accounts.set_access(owner.id, "viewer")
    assert ask("/sites/demo/annotations", method="POST", json=body).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'{"start": 3, "text": "x"}', b'{"text": "x"}', b'{"start": "2026-11-02"}', b'{"start": "20261102", "text": "x"}',
        b'{"start": "2026-13-02", "text": "x"}', b'{"start": "2026-11-02", "end": "2026-11-01", "text": "x"}', b"\xff",
        b'{"start": "2026-11-02", "kind": "party", "text": "x"}', b'{"start": "2026-11-02", "text": "x", "by": "me"}',
        b'{"start": "2026-11-02", "end": "", "text": "x"}', b'{"start": "2026-11-02", "kind": "campagne", "text": "x"}',
    ],
)  # fmt: skip
def test_a_bad_annotation_is_refused_in_a_sentence(ask: Ask, body: bytes) -> None:
    """What is no annotation is 400 and keeps nothing; what is not JSON is 415."""
    for kind, status in (("application/json", 400), ("text/plain", 415)):
        answer = ask("/sites/demo/annotations", method="POST", data=body, content_type=kind)
        assert answer.status_code == status
        assert answer.content_type == "application/problem+json"
    assert ask("/sites/demo/annotations").json["total"] == 0


def test_annotations_are_changed_and_removed(app: Flask, ask: Ask, owner: Account) -> None:
    """One annotation is read, replaced, changed in part and removed by its id, on its own site only, by tokens that may."""
    path = "/sites/demo/annotations"
    made = ask(path, method="POST", json={"start": "2026-11-02", "text": "Open day"}).json
    at = f"{path}/{made['id']}"
    assert ask(at).json == made
    again = ask(at, headers={"If-None-Match": ask(at).headers["ETag"]})
    assert again.status_code == 304
    changed = ask(at, method="PATCH", json={"end": "2026-11-04", "kind": "campaign"})
    assert changed.json == made | {"end": "2026-11-04", "kind": "campaign"}
    replaced = ask(at, method="PUT", json={"start": "2026-11-03", "text": "Fair"})
    assert replaced.json == {
        "id": made["id"],
        "start": "2026-11-03",
        "end": "2026-11-03",
        "kind": "other",
        "text": "Fair",
    }
    for body in (
        {},
        {"start": None},
        {"end": "2026-11-01"},
        {"kind": "party"},
        {"id": "3"},
        {"start": "0001-01-01"},
        [],
    ):
        assert ask(at, method="PATCH", json=body).status_code == 400, body
    assert ask(at, method="PUT", json={"text": "Fair"}).status_code == 400
    assert ask(at, method="PUT", data="x").status_code == 415
    reading = services_of(app).tokens.make(owner.id, "r", "read", None, 30)
    for elsewhere in (f"/sites/other/annotations/{made['id']}", f"{path}/99", f"{path}/99999999999", f"{path}/x"):
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            more = {} if method in ("GET", "DELETE") else {"json": {"start": "2026-11-03", "text": "x"}}
            assert ask(elsewhere, method=method, **more).status_code == 404, (method, elsewhere)
    for method in ("PUT", "PATCH", "DELETE"):
        assert ask(at, reading, method, json={"start": "2026-11-03", "text": "x"}).status_code == 403
    assert ask(at, reading).json == replaced.json
    assert ask(at, method="DELETE").status_code == 204
    assert ask(at, method="DELETE").status_code == ask(at).status_code == 404


def test_many_annotations_are_added_at_once_or_none(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list is kept whole, in its order and without what was there already; with one wrong or too many of them nothing is."""
    path = "/sites/demo/annotations"
    some = [{"start": f"2026-11-{day:02}", "text": f"Day {day}"} for day in range(1, 4)]
    wrong = ask(path, method="POST", json=[*some, {"start": "2026-11-04"}])
    assert wrong.status_code == 400
    assert wrong.json["detail"].startswith("Annotation 4: text is missing")
    assert ask(path).json["total"] == 0
    kept = ask(path, method="POST", json=[*some, some[0]])
    assert (kept.status_code, kept.json["added"]) == (201, 3)
    assert [row["text"] for row in kept.json["rows"]] == ["Day 1", "Day 2", "Day 3", "Day 1"]
    assert ask(path, method="POST", json=some).status_code == 200
    assert ask(path, method="POST", json=[]).status_code == 400
    assert ask(path, method="POST", json=[some[0]] * 1001).status_code == 400
    monkeypatch.setattr(annotations, "SITE_MAX", 4)
    assert (
        ask(path, method="POST", json=[{"start": "2026-11-05", "text": f"{one}"} for one in range(2)]).status_code
        == 409
    )
    assert ask(path).json["total"] == 3


def test_errors_are_problems_everywhere(ask: Ask) -> None:
    """Wrong addresses and methods under /api/v1/ are told as RFC 9457 says, not as pages."""
    for answer, status in (
        (ask(""), 404),
        (ask("/"), 404),
        (ask("//sites"), 404),
        (ask("/nothing"), 404),
        (ask("/sites/demo/map"), 404),
        (ask("/sites/demo/segments/a01"), 404),
        (ask("/sites", method="DELETE"), 405),
        (ask("/sites/demo/annotations", method="POST", data=b"x" * 600_000, content_type="application/json"), 413),
    ):
        assert answer.status_code == status
        assert answer.content_type == "application/problem+json"
        assert answer.json["status"] == status


def test_a_token_that_asks_too_often_waits(
    app: Flask, ask: Ask, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond its rate a token gets 429 with Retry-After; another token is served on."""
    other = services_of(app).tokens.make(owner.id, "o", "read", None, 30)
    monkeypatch.setattr(door, "RATES", (RateLimitItemPerHour(3), RateLimitItemPerDay(5)))
    assert [ask("/sites").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert 1 <= int(ask("/sites").headers["Retry-After"]) <= 3601
    assert ask("/sites", other).status_code == 200
    monkeypatch.setattr(door, "RATES", (RateLimitItemPerDay(5),))
    assert [ask("/sites").status_code for _ in range(3)] == [200, 200, 429]  # what was refused did not count


def test_a_network_without_a_good_token_is_told_to_wait(
    app: Flask, ask: Ask, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After too many bad tokens a network gets 429, one that was bad already without a look; good tokens are served on, new ones too."""
    monkeypatch.setattr(door, "REFUSED_RATES", (RateLimitItemPerHour(3),))
    assert [ask("/sites", f"telpunt_wrong{number}").status_code for number in range(5)] == [401, 401, 401, 429, 429]
    refused = ask("/sites", None)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    new = services_of(app).tokens.make(owner.id, "new", "read", None, 30)
    assert ask("/sites", new).status_code == 200
    assert ask("/sites", "telpunt_wrong", environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 401
    monkeypatch.setattr(type(services_of(app).tokens), "find", None)  # it would fail if it were asked
    assert ask("/sites", "telpunt_wrong4").status_code == 429


def test_no_cookie_and_no_other_site(app: Flask, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer sets a cookie or lets a script of another site read it, and no cache keeps it for others."""
    monkeypatch.setattr(apart, "write", lambda *_: b"a report")
    for path in [*all_paths(app), "/nothing"]:
        answer = ask(path, headers={"Origin": "https://elsewhere.example"})
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.vary
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert answer.headers["Cache-Control"] in ("private, no-cache", "no-store")


def test_the_document_and_the_routes_are_the_same(app: Flask) -> None:
    """Every route of the API is in the document with its methods, every table is one of its paths, and nothing else is."""
    told = {(path, method) for path, methods in document.build()["paths"].items() for method in methods}
    parts = {"<key>": "{key}", "<int:identity>": "{id}", "<form>": "{format}"}
    routed = {
        (re.sub("<[^>]+>", lambda found: parts.get(found[0], found[0]), rule.rule).removeprefix(PREFIX), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"{PREFIX}/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    tables = {("/sites/{key}/<what>", "get"), ("/sites/{key}/<what>.{format}", "get")}
    assert tables < routed
    assert told == (routed - tables) | {
        (path.replace("<what>", name), method) for path, method in tables for name in RESOURCES
    }


def test_the_page_tells_every_operation(reader: FlaskClient) -> None:
    """The page lists each address with the meaning of each column, in our own frame without foreign scripts."""
    page = reader.get("/api/docs").text
    for path in document.build()["paths"]:
        assert f"/api/v1{path}<" in page
    assert "/api/v1/sites/demo/trends.csv" in page  # an example that works as it stands
    for anchor in re.findall(r'href="#([a-z-]+)"', page):
        assert f'id="{anchor}"' in page
    assert "100 is the site&#39;s average" in page
    assert "http://" not in page.replace("http://localhost", "").replace("http://www.w3.org", "")
    assert "/api/docs" in reader.get("/account").text
