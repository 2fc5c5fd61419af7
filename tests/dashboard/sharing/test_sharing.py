from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.people.tokens import DAY_S
from dashboard.reports.look import Look, Looks
from dashboard.sharing.kept import SharedLinks
from dashboard.sharing.shares import PER_SITE_MAX, REPORT, VIEWS, Frame, InvalidShare, clean_hosts
from tests import factories
from tests.dashboard.conftest import Clock, post, services_of

LogIn = Callable[[str], FlaskClient]
PAGES = {
    "overview": "/sites/demo",
    "audiences": "/sites/demo/audiences",
    "audience": "/sites/demo/segments/a01",
    "changes": "/sites/demo/changes",
    "touchpoints": "/sites/demo/touchpoints",
    "demand": "/sites/demo/demand",
    "channels": "/sites/demo/channels",
}
PASSWORD = "kurhaus pannenkoek fietsbel"


@pytest.fixture
def editor(app: Flask, log_in: LogIn) -> FlaskClient:
    """An editor on an installation with a published run."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder))
    services.accounts.add("admin@example.org", "admin", None)
    return log_in("editor")


@pytest.fixture
def links(app: Flask, editor: FlaskClient) -> SharedLinks:
    return services_of(app).shared_links


def make(links: SharedLinks, view: str, **more: object) -> str:
    return "/shared/" + links.make("demo", "Agency", view, 30, segment="a01" if view == "audience" else "", **more)  # type: ignore[arg-type]


def told(answer: TestResponse) -> list[str]:
    """The words and numbers of a page's content, without what is only for who is logged in."""
    main = re.sub(
        r'<(p|details) class="(downloads|actions|crumbs)">(?s:.*?)</\1>',
        "",
        answer.text.partition("<main")[2].partition("</main>")[0],
    )
    return unescape(re.sub(r"<[^>]+>", " ", main)).split()


def test_every_page_has_two_sides(links: SharedLinks) -> None:
    """The table of this test has all views that can be shared."""
    assert {*PAGES, REPORT} == set(VIEWS)


@pytest.mark.parametrize("view", PAGES)
def test_a_shared_page_says_what_the_page_says(app: Flask, links: SharedLinks, log_in: LogIn, view: str) -> None:
    """Each number of a shared page is that of the same page for who is logged in, with its choices; nothing leads out of it."""
    viewer, stranger = log_in("viewer"), app.test_client()
    path = make(links, view)
    for choice in (
        "",
        "?weeks=13&compare=year",
        "?kind=vacancy&segment=a02" if view != "audience" else "",
        "?by=source",
    ):
        page, seen = viewer.get(PAGES[view] + choice), stranger.get(path + choice)
        assert seen.status_code == page.status_code == 200
        numbers = [word for word in told(page) if re.search(r"\d", word)]
        assert len(numbers) > (0 if choice else 5)
        assert [word for word in told(seen) if re.search(r"\d", word)] == numbers
        assert '<nav class="menu"' not in seen.text
        for target in re.findall(r'(?:href|action|src|data-chart)="([^"]+)"', seen.text):
            assert target.startswith((path, "/static/", "#", "/vega", "?")), target
        assert "not-shared" not in seen.text
        assert "Set-Cookie" not in seen.headers
        assert "noindex" in seen.headers["X-Robots-Tag"]
        assert seen.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in seen.headers["Content-Security-Policy"]


def test_the_charts_of_a_shared_page_are_drawn(app: Flask, links: SharedLinks, editor: FlaskClient) -> None:
    """What the page asks for as its chart is there for a stranger and is the chart of who is logged in; other pages have none."""
    stranger = app.test_client()
    for view, chart in (("overview", "over-time"), ("audiences", "audiences/map")):
        path = make(links, view)
        [address] = re.findall(r'data-chart="([^"]+)"', stranger.get(path, headers={"Accept-Language": "en"}).text)
        seen = stranger.get(unescape(address))
        assert seen.status_code == 200
        assert seen.json == editor.get(f"/sites/demo/{chart}.json?lang=en").json
        assert stranger.get(f"{path}/chart.svg").mimetype == "image/svg+xml"
        assert stranger.get(f"{path}/chart.exe").status_code == 404
    assert stranger.get(make(links, "demand") + "/chart.json").status_code == 404


def test_a_link_opens_its_page_and_nothing_else(app: Flask, links: SharedLinks) -> None:
    """A reader by a link is not logged in: not by cookie, not on other pages, not for another audience or a team's note."""
    services = services_of(app)
    from dashboard.marks import Mark

    services.marks.put("demo", "a01", Mark("only for us", False, None))
    stranger = app.test_client()
    page = stranger.get(
        make(links, "audience") + "?segment=a02&key=other&_scheme=javascript&_external=1&token=x&endpoint=x"
    ).text
    assert "only for us" not in page
    assert "<textarea" not in page
    assert stranger.get("/sites/demo").location.startswith("/login")
    for path in ("/shared/x", "/shared/x/chart.json", "/shared/x/embed", "/shared/"):
        assert stranger.get(path).status_code == 404
        assert "Set-Cookie" not in stranger.get(path).headers


def test_a_logged_in_editor_sees_no_forms_there(links: SharedLinks, editor: FlaskClient) -> None:
    """The link shows the same to an editor as to anybody."""
    page = editor.get(make(links, "audience")).text
    assert "csrf_token" not in page
    assert "Log out" not in page
    assert "csrf_token" in editor.get("/sites/demo/segments/a01").text


def test_a_link_ends(app: Flask, links: SharedLinks, editor: FlaskClient, clock: Clock) -> None:
    """Expired, revoked, or its site removed: all 404, at once."""
    stranger = app.test_client()
    expiring, revoked, orphan = (make(links, "overview") for _ in range(3))
    newest, *_ = links.of("demo")
    assert post(editor, "/sites/demo/sharing", f"/sites/demo/sharing/{newest.id}/revoke").status_code == 302
    assert [stranger.get(path).status_code for path in (expiring, revoked, orphan)] == [200, 200, 404]
    clock.now += 30 * DAY_S - 1
    assert stranger.get(expiring).status_code == 200
    clock.now += 1
    assert stranger.get(expiring).status_code == 404
    assert len(links.of("demo")) == 2
    make(links, "overview")
    from dashboard.owner.site_removal import forget_rows

    forget_rows(services_of(app).engine, "demo")
    assert links.of("demo") == []


def test_a_password_is_asked_and_held_by_one_cookie(app: Flask, links: SharedLinks) -> None:
    """Without it neither page nor chart; with it one cookie for this link only, which opens no other and no account's page."""
    hashed = services_of(app).accounts.passwords.hash(PASSWORD)
    path, other = (make(links, "overview", password_hash=hashed) for _ in range(2))
    client = app.test_client()
    asked = client.get(path)
    assert "Set-Cookie" not in asked.headers
    assert "21,480" not in asked.text
    assert client.get(f"{path}/chart.json").status_code == 404
    assert client.post(path, data={"password": "wrong"}).status_code == 403
    opened = client.post(path, data={"password": PASSWORD})
    [cookie] = opened.headers.getlist("Set-Cookie")
    assert cookie.startswith("telpunt_shared=")
    assert "HttpOnly" in cookie
    assert f"Path={path}" in cookie
    assert told(client.get(path)) != told(asked)
    assert client.get(f"{path}/chart.json").status_code == 200
    forged = app.test_client()
    forged.set_cookie("telpunt_shared", cookie.partition("=")[2].partition(";")[0], path=other)
    assert told(forged.get(other)) == told(asked)


def test_passwords_cannot_be_tried_for_long(app: Flask, links: SharedLinks) -> None:
    """After ten tries in a minute a link answers 429, to the right password too."""
    path = make(links, "overview", password_hash=services_of(app).accounts.passwords.hash(PASSWORD))
    client = app.test_client()
    assert [client.post(path, data={"password": "wrong"}).status_code for _ in range(10)] == [403] * 10
    late = client.post(path, data={"password": PASSWORD})
    assert late.status_code == 429
    assert "Set-Cookie" not in late.headers


def test_the_chart_stands_in_frames_of_its_hosts_only(app: Flask, links: SharedLinks) -> None:
    """/embed names the link's hosts in its policy and is not there without them; the page itself is in no frame."""
    stranger = app.test_client()
    path = make(links, "audiences", frame=Frame(("Intranet.example.org", "*.example.net:8443")))
    framed = stranger.get(f"{path}/embed")
    policy = framed.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors intranet.example.org *.example.net:8443")
    assert "X-Frame-Options" not in framed.headers
    assert "Set-Cookie" not in framed.headers
    shares = re.findall(r'<td class="number">([^<]+)</td>', framed.text)
    page = stranger.get(path)
    assert shares == re.findall(r"<strong>([\d.]+%)</strong>", page.text)
    assert page.headers["X-Frame-Options"] == "DENY"
    assert stranger.get(make(links, "audiences") + "/embed").status_code == 404


def test_editors_make_links_on_their_page(app: Flask, editor: FlaskClient, links: SharedLinks) -> None:
    """The page shows a new link once and lists it without; what is wrong is said in words and makes none."""
    fields = {"name": "Agency", "view": "overview", "days": "7", "hosts": "intranet.example.org, b.example.org"}
    made = post(editor, "/sites/demo/sharing", **fields).text
    [address] = re.findall(r'<code id="link">http://localhost(/shared/[^<]+)</code>', made)
    assert f"{address}/embed" in made
    assert app.test_client().get(address).status_code == 200
    listed = editor.get("/sites/demo/sharing").text
    assert address not in listed
    assert "Agency" in listed
    assert "intranet.example.org, b.example.org" in listed
    wrong = (
        {"name": " "}, {"view": "jobs"}, {"days": "8"}, {"days": "²"}, {"hosts": "a b;c"}, {"password": "short"}, {"password": "password1234"},
        {"view": "audience"}, {"view": "audience", "segment": "zz"}, {"view": "demand"}, {"password": PASSWORD},
    )  # fmt: skip
    for change in wrong:
        refused = post(editor, "/sites/demo/sharing", **{**fields, **change})
        assert refused.status_code == 400, change
        assert "No link was made." in refused.text
    assert len(links.of("demo")) == 1


def test_hosts_cannot_say_more_than_hosts(links: SharedLinks) -> None:
    """Nothing that a policy reads as something else gets into it."""
    for bad in (
        "*",
        "'self'",
        "a.example;script-src *",
        "https://a.example",
        "a.example\nx",
        "a..b",
        "-a.example",
        "a.example:x",
        "192.0.2.1",
        "*.org",
        "*.org:443",
        "a.example:0",
        "a.example:65536",
        "\u0130.example",
    ):
        with pytest.raises(InvalidShare):
            clean_hosts([bad])
    assert clean_hosts(["A.example", " a.example "]) == ("a.example",)
    assert clean_hosts(["intranet", "*.example.org:65535"]) == ("intranet", "*.example.org:65535")
    with pytest.raises(InvalidShare):
        clean_hosts([f"{number}.example" for number in range(11)])


def test_a_site_has_so_many_links(links: SharedLinks) -> None:
    """After a hundred the next is refused in a sentence."""
    for _ in range(PER_SITE_MAX):
        links.make("demo", "x", "overview", 7)
    with pytest.raises(InvalidShare, match="revoke one"):
        links.make("demo", "x", "overview", 7)
    assert links.make("other", "x", "overview", 7)


def number_of(links: SharedLinks) -> int:
    return links.of("demo")[0].id


def test_a_link_can_go_on(app: Flask, editor: FlaskClient, links: SharedLinks, clock: Clock) -> None:
    """So many days from now, also when it is over already; a number of days that is none changes nothing."""
    stranger = app.test_client()
    path = make(links, "overview")
    page = f"/sites/demo/sharing/{number_of(links)}"
    clock.now += 29 * DAY_S
    editor.get(services_of(app).accounts.entry_link("editor@example.org"))
    assert post(editor, page, f"{page}/prolong", days="7").location == page
    assert "the link has a new last day" in editor.get(page).text
    clock.now += 7 * DAY_S - 1
    assert stranger.get(path).status_code == 200
    clock.now += 1
    assert stranger.get(path).status_code == 404
    assert "Open it again" in editor.get(page).text
    for days in ("8", "²", "", "-7"):
        refused = post(editor, page, f"{page}/prolong", days=days)
        assert refused.status_code == 400
        assert "Nothing was changed." in refused.text
    assert stranger.get(path).status_code == 404
    post(editor, page, f"{page}/prolong", days="365")
    assert stranger.get(path).status_code == 200


def test_a_password_is_set_replaced_and_taken_off(app: Flask, editor: FlaskClient, links: SharedLinks) -> None:
    """Who typed the earlier one is asked for the new one; without one the link alone opens it; a weak one changes nothing."""
    stranger = app.test_client()
    path = make(links, "overview")
    page = f"/sites/demo/sharing/{number_of(links)}"
    shown = told(stranger.get(path))
    for weak in ("", "short", "password1234"):
        refused = post(editor, page, f"{page}/password", password=weak)
        assert refused.status_code == 400
        assert "Nothing was changed." in refused.text
    assert told(stranger.get(path)) == shown
    for password in (PASSWORD, PASSWORD + " twee"):
        post(editor, page, f"{page}/password", password=password)
        assert told(stranger.get(path)) != shown
        assert f"{path}" not in editor.get(page).text
        stranger.post(path, data={"password": password})
        assert told(stranger.get(path)) == shown
    assert stranger.post(path, data={"password": PASSWORD}).status_code == 403
    post(editor, page, f"{page}/password", none="1")
    assert told(app.test_client().get(path)) == shown


def test_a_framed_link_takes_no_password(app: Flask, editor: FlaskClient, links: SharedLinks) -> None:
    """Its page has no form for one, and what is sent all the same changes nothing."""
    path = make(links, "overview", frame=Frame(("intranet.example.org",)))
    page = f"/sites/demo/sharing/{number_of(links)}"
    assert 'name="password"' not in editor.get(page).text
    assert post(editor, page, f"{page}/password", password=PASSWORD).status_code == 400
    assert app.test_client().get(f"{path}/embed").status_code == 200


def test_links_of_another_site_cannot_be_reached(app: Flask, editor: FlaskClient, links: SharedLinks) -> None:
    """Neither seen, nor changed, nor revoked under the address of a site that is not theirs, or by who reads only."""
    services = services_of(app)
    factories.publish(services.folder, factories.site(services.folder, "other"))
    token = links.make("other", "Theirs", "overview", 7)
    number = links.of("other")[0].id
    page = f"/sites/demo/sharing/{number}"
    assert editor.get(page).status_code == 404
    for act, fields in (("prolong", {"days": "7"}), ("password", {"none": "1"}), ("revoke", {})):
        assert post(editor, "/sites/demo/sharing", f"{page}/{act}", **fields).status_code == 404
    assert "Theirs" not in editor.get("/sites/demo/sharing").text
    assert app.test_client().get(f"/shared/{token}").status_code == 200


def test_viewers_share_nothing(app: Flask, links: SharedLinks, log_in: LogIn) -> None:
    """The pages of links are for editors; whoever may only read sees neither the list nor one of them."""
    make(links, "overview")
    viewer = log_in("viewer")
    assert viewer.get("/sites/demo/sharing").status_code == 403
    assert viewer.get(f"/sites/demo/sharing/{number_of(links)}").status_code == 403


def test_the_list_says_who_made_a_link_and_can_be_searched(
    app: Flask, editor: FlaskClient, links: SharedLinks, clock: Clock
) -> None:
    """Each with its maker, while that has an account; those that are over come last; from nine on there is a field to search in."""
    account = services_of(app).accounts
    links.make("demo", "Ended <b>", "demand", 7)
    clock.now += 8 * DAY_S
    links.make("demo", "Agency", "overview", 30, by=account.find("editor@example.org").id)
    page = editor.get("/sites/demo/sharing").text
    assert page.index("Agency") < page.index("Ended &lt;b&gt;")
    assert "by editor@example.org" in page
    assert "by an account that is gone" in page
    assert 'name="q"' not in page
    for count in range(7):
        links.make("demo", f"Board {count}", "overview", 30)
    found = editor.get("/sites/demo/sharing?q=BOARD").text
    assert 'name="q"' in found
    assert found.count("Board") == 7
    assert "Agency" not in found
    assert "No link is for anybody of that name." in editor.get("/sites/demo/sharing?q=<zz>").text


def test_the_form_is_filled_in_as_asked_and_keeps_what_was_typed(editor: FlaskClient, links: SharedLinks) -> None:
    """The address fills in page and audience; after a refusal everything stands there again, but for the password."""
    asked = editor.get("/sites/demo/sharing?view=report&segment=a02").text
    assert re.search(r'value="report" selected', asked)
    assert re.search(r'value="a02" selected', asked)
    assert "selected" in editor.get("/sites/demo/sharing?view=<x>&segment=<y>").text
    fields = {
        "name": "Board",
        "view": "report",
        "chapter": "briefs",
        "format": "xlsx",
        "language": "nl",
        "days": "7",
        "password": "short",
    }
    refused = post(editor, "/sites/demo/sharing", **fields).text
    for kept in (
        'value="Board"',
        'value="report" selected',
        'value="briefs" checked',
        'value="xlsx" checked',
        'value="7" selected',
    ):
        assert kept in refused
    assert refused.count(" checked") == 2
    assert "short" not in refused
    assert links.of("demo") == []


def test_a_report_is_shared_from_the_form(app: Flask, editor: FlaskClient, links: SharedLinks) -> None:
    """With its chapters, audience, language and forms; without a chapter it is refused in words."""
    fields = {
        "name": "Board",
        "view": "report",
        "segment": "a02",
        "chapter": "briefs",
        "format": "pdf",
        "language": "nl",
        "days": "7",
    }
    made = post(editor, "/sites/demo/sharing", **fields).text
    [address] = re.findall(r'<code id="link">http://localhost(/shared/[^<]+)</code>', made)
    assert "<iframe" not in unescape(made)
    page = app.test_client().get(address).text
    assert "Lezers over cultuur" in page
    assert re.findall(r'<h2 id="([^"]+)"', page) == ["briefs"]
    facts = editor.get(f"/sites/demo/sharing/{number_of(links)}").text
    assert "Reach briefs" in facts
    assert "Nederlands" in facts
    for change in ({"chapter": "nope"}, {"language": "fr"}):
        refused = post(editor, "/sites/demo/sharing", **{**fields, **change})
        assert refused.status_code == 400
        assert "Choose at least one chapter" in refused.text


def test_the_line_for_a_page_says_what_was_chosen(editor: FlaskClient, links: SharedLinks) -> None:
    """Chart, colours and language stand in its address, the heading as its title, all of it text."""
    fields = {
        "name": "Intranet", "view": "overview", "days": "7", "hosts": "intranet.example.org", "chart": "weeks",
        "theme": "dark", "frame_language": "nl", "heading": 'A "quote" <b>',
    }  # fmt: skip
    page = post(editor, "/sites/demo/sharing", **fields).text
    [line] = re.findall(r'<code id="frame">([^<]+)</code>', page)
    assert re.fullmatch(
        r'<iframe src="http://localhost/shared/[\w-]+/embed\?chart=weeks&amp;theme=dark&amp;lang=nl" width="100%" height="818" '
        r'loading="lazy" title="A &quot;quote&quot; &lt;b&gt;"></iframe>',
        unescape(line),
    )
    odd = post(
        editor, "/sites/demo/sharing", **{**fields, "chart": "<x>", "theme": "<x>", "frame_language": "<x>"}
    ).text
    assert '/embed"' in unescape(odd)


def test_a_page_is_shared_as_it_is_on_the_screen(app: Flask, editor: FlaskClient, links: SharedLinks) -> None:
    """Its own link leads to the form, and the choices of its address stand in that of the link; other words of the address do not."""
    page = editor.get("/sites/demo/touchpoints?segment=a02&kind=vacancy&x=%3Cscript%3E&weeks=" + "9" * 200).text
    [form] = re.findall(r'class="share-here"><a href="([^"]+)"', page)
    form = unescape(form).partition("#")[0]
    [choices] = re.findall(r'name="choices" value="([^"]+)"', editor.get(form).text)
    fields = {"name": "Agency", "view": "touchpoints", "days": "7", "choices": unescape(choices)}
    made = post(editor, form, "/sites/demo/sharing", **fields).text
    [address] = re.findall(r'<code id="link">http://localhost(/shared/[^<]+)</code>', made)
    assert unescape(address).partition("?")[2] == "kind=vacancy&segment=a02"
    seen = app.test_client().get(unescape(address)).text
    assert re.search(r'value="a02" selected', seen)
    odd = post(
        editor, form, "/sites/demo/sharing", **{**fields, "choices": "weeks=13&next=//evil.example&lang=nl"}
    ).text
    assert re.findall(r'<code id="link">[^<?]+\?([^<]+)</code>', odd) == ["weeks=13"]


def test_pages_offer_to_be_shared_to_who_may(editor: FlaskClient, links: SharedLinks, log_in: LogIn) -> None:
    """Every page that a link can open, and the report, for editors; not for viewers, not on other pages, not on a shared page."""
    viewer = log_in("viewer")
    for view, path in {**PAGES, "report": "/sites/demo/report?segment=a02"}.items():
        page = editor.get(path).text
        assert f"view={view}" in page.partition('class="share-here"')[2].partition("</p>")[0]
        assert ("segment=a0" in page.partition('class="share-here"')[2].partition("</p>")[0]) is (
            view in ("audience", "report")
        )
        assert "share-here" not in viewer.get(path).text
    assert "share-here" not in editor.get("/sites/demo/install").text
    assert "share-here" not in editor.get(make(links, "overview")).text


def test_a_shared_page_says_whose_it_is_and_until_when(app: Flask, links: SharedLinks, clock: Clock) -> None:
    """The employer's name, or the site's host without one, and the last day of the link stand on it; its dead links are plain text."""
    clock.now = 1_790_000_000
    path = make(links, "overview")
    assert '<p class="which">werkenbij.example.org</p>' in app.test_client().get(path).text
    Looks(services_of(app).engine).put("demo", Look("Waterschap <b>", "#123456"))
    page = app.test_client().get(path, headers={"Accept-Language": "en"}).text
    assert '<p class="which">Waterschap &lt;b&gt;</p>' in page
    assert "This link opens it until 21 Oct 2026." in page
