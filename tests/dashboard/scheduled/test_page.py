"""The page Scheduled reports, and the one on which a recipient ends it."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from analysis import history, queue
from analysis.history import Row
from collector.folder import DataFolder
from collector.settings import Settings
from dashboard.mail import Mailer
from dashboard.scheduled.deliveries import Deliveries
from dashboard.scheduled.subscriptions import Subscriptions
from dashboard.security import session_secret
from dashboard.services import EXTENSION
from tests.dashboard.conftest import Clock, post, services_of
from tests.dashboard.scheduled.conftest import MONDAY_7, WISH, World

PAGE = "/sites/demo/reports/schedule"
FORM = {
    "channel": "mail",
    "recipient": "anna@example.org",
    "language": "nl",
    "every": "week",
    "weekday": "0",
    "hour": "7",
    "zone": "Europe/Amsterdam",
    "chapter": "summary",
}


def test_an_editor_adds_changes_pauses_and_removes(app: Flask, editor: FlaskClient) -> None:
    """The page says that there is none, then shows what was kept, and each button does what it says."""
    assert "Nobody yet" in editor.get(f"{PAGE}?lang=en").text
    known = services_of(app)
    all_ = Subscriptions(known.engine, known.folder, session_secret(known.folder), known.clock)
    assert post(editor, PAGE, **FORM).status_code == 302
    [one] = all_.of("demo")
    assert one.wish.plan == MONDAY_7
    assert "anna@example.org" in editor.get(PAGE).text
    post(editor, PAGE, f"{PAGE}/{one.id}", **{**FORM, "every": "month", "day": "31"})
    assert all_.of("demo")[0].wish.plan.weekday is None
    assert 'value="31"' in editor.get(f"{PAGE}?change={one.id}").text
    post(editor, PAGE, f"{PAGE}/{one.id}/pause")
    assert all_.of("demo")[0].state == "paused"
    assert post(editor, PAGE, f"{PAGE}/{one.id}/pause").status_code == 302
    assert all_.of("demo")[0].state == "on"
    preview = editor.get(f"{PAGE}/{one.id}/preview")
    assert "data:image/png;base64," in preview.text
    assert "sandbox" in preview.headers["Content-Security-Policy"]
    assert post(editor, PAGE, f"{PAGE}/{one.id}/now").status_code == 302
    assert [request.job for request in queue.waiting(known.folder)] == ["reports"]
    assert post(editor, PAGE, f"{PAGE}/{one.id}/remove").status_code == 302
    assert all_.of("demo") == []


WRONG: list[dict[str, str]] = [
    {"recipient": "anna"},
    {"recipient": "https://example.org/"},
    {"channel": "slack"},
    {"channel": "fax"},
    {"zone": "Europe/Nowhere"},
    {"hour": "24"},
    {"weekday": "7"},
    {"language": "fr"},
    {"chapter": "x"},
    {"attachment": "exe"},
    {"every": "zzz"},
    {"every": "month", "day": "0"},
    {"every": "month", "day": "32"},
    {"segment": "../x"},
    {"segment": "a99"},
]


def test_what_cannot_be_used_is_not_kept(app: Flask, editor: FlaskClient) -> None:
    """Each wrong field is answered with 400 and nothing kept, and what was typed is still there."""
    known = services_of(app)
    for wrong in WRONG:
        answer = post(editor, PAGE, **{**FORM, "recipient": "typed@example.org", **wrong})
        assert answer.status_code == 400, wrong
        assert f'value="{wrong.get("recipient", "typed@example.org")}"' in answer.text, wrong
    assert Subscriptions(known.engine, known.folder, b"x").of("demo") == []


def test_one_click_ends_it_without_logging_in(app: Flask, editor: FlaskClient) -> None:
    """Looking at the link ends nothing, posting to it does, a wrong token is no page, and no editor can take it up again."""
    known = services_of(app)
    all_ = Subscriptions(known.engine, known.folder, session_secret(known.folder), known.clock)
    number = all_.add("demo", WISH)
    one = all_.find("demo", number)
    assert one
    stranger, path = app.test_client(), f"/unsubscribe/{number}/{all_.token(one)}"
    assert stranger.get(path).status_code == 200
    assert all_.of("demo")[0].state == "on"
    for wrong in (
        f"/unsubscribe/{number}/{'0' * 64}",
        f"/unsubscribe/{number}/é",
        f"/unsubscribe/999/{all_.token(one)}",
    ):
        assert stranger.post(wrong).status_code == 404
    assert stranger.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert all_.of("demo")[0].state == "unsubscribed"
    post(editor, PAGE, f"{PAGE}/{number}/pause")
    assert all_.of("demo")[0].state == "unsubscribed"
    again = post(editor, f"{PAGE}?lang=en", PAGE, **{**FORM, "recipient": "Anna@Example.org"})
    assert again.status_code == 400
    assert all_.of("demo") == [all_.find("demo", number)]
    other = all_.add("demo", replace(WISH, recipient="bert@example.org"))
    assert post(editor, PAGE, f"{PAGE}/{other}", **FORM).status_code == 400
    assert not any(
        secret in known.folder.database.read_bytes()
        for secret in (all_.token(one).encode(), all_.signing_key(one).encode())
    )


def test_nobody_gets_the_same_report_twice(app: Flask, editor: FlaskClient) -> None:
    """The same recipient and subject is refused with a sentence; about another audience it is another report."""
    assert post(editor, PAGE, **FORM).status_code == 302
    again = post(editor, f"{PAGE}?lang=en", PAGE, **{**FORM, "recipient": "ANNA@example.org"})
    assert again.status_code == 400
    assert post(editor, PAGE, **{**FORM, "segment": "a01"}).status_code == 302
    assert "Job-board technicians" in editor.get(f"{PAGE}?lang=en").text


def test_the_button_fills_nobodys_mailbox(app: Flask, editor: FlaskClient, clock: Clock) -> None:
    """Pressed again within five minutes, also for another report to the same mailbox, or while paused, nothing is sent and the page says so."""
    known = services_of(app)
    all_ = Subscriptions(known.engine, known.folder, session_secret(known.folder), known.clock)
    numbers = [all_.add("demo", WISH), all_.add("demo", replace(WISH, segment="a01"))]
    deliveries = Deliveries(known.engine, known.clock)
    for number, said in (
        (numbers[0], "It is on its way"),
        (numbers[0], "in the last five minutes"),
        (numbers[1], "in the last five minutes"),
    ):
        post(editor, PAGE, f"{PAGE}/{number}/now")
        assert said in editor.get(f"{PAGE}?lang=en").text
        clock.now += 2
    assert len(deliveries.to_try()) == 1
    clock.now += 300
    post(editor, PAGE, f"{PAGE}/{numbers[1]}/pause")
    editor.get(PAGE)
    post(editor, PAGE, f"{PAGE}/{numbers[1]}/now")
    assert "Nothing was sent" in editor.get(f"{PAGE}?lang=en").text
    assert len(deliveries.to_try()) == 1


def test_the_list_says_why_nothing_arrived(app: Flask, editor: FlaskClient) -> None:
    """In words of the page's language: what went wrong, that it was stopped, and what went out before."""
    known = services_of(app)
    all_ = Subscriptions(known.engine, known.folder, session_secret(known.folder), known.clock)
    number = all_.add("demo", WISH)
    deliveries = Deliveries(known.engine, known.clock)
    for _ in range(3):
        known.clock.now += 400  # type: ignore[attr-defined]
        found = all_.find("demo", number)
        assert found
        assert deliveries.ask(found)
        [one] = deliveries.to_try()
        deliveries.begin(one)
        deliveries.failed(one, "no_mailbox 550 5.1.1")
    page = editor.get(f"{PAGE}?lang=en").text
    assert "There is no such mailbox. Is the address right? (Answer: 550 5.1.1.)" in page
    assert "stopped" in page
    assert page.count("not delivered") == 4  # the last, and three in the list
    assert "Die mailbox bestaat niet" in editor.get(f"{PAGE}?lang=nl").text


def test_the_page_jobs_says_why_in_the_readers_language(editor: FlaskClient, folder: DataFolder) -> None:
    """A round that failed is told in words, Dutch on a Dutch page, without an address."""
    why = "no_mailbox 550 5.1.1;busy 451"
    row = Row(
        "reports", "", "clock", "2026-11-23T06:00:00+00:00", 1.0, "failed", "2 of 2 could not be sent", {"why": why}
    )
    history.keep(folder, row)
    page = editor.get("/jobs?lang=nl").text
    assert "Die mailbox bestaat niet. Klopt het adres? (Antwoord: 550 5.1.1.)" in page
    assert "could not be sent" not in page


def test_without_a_mail_server_it_says_that_nothing_is_sent(app: Flask, editor: FlaskClient) -> None:
    """Kept for later, but not as if it would go out; and the button sends nothing."""
    known = services_of(app)
    app.extensions[EXTENSION] = replace(known, mailer=Mailer(Settings(data=known.folder.path)))
    post(editor, PAGE, **FORM)
    page = editor.get(f"{PAGE}?lang=en").text
    assert "nothing is sent before e-mail is set up" in page
    assert "waits until e-mail is set up" in page
    post(editor, PAGE, f"{PAGE}/1/now")
    assert "Nothing was sent: e-mail is not set up" in editor.get(f"{PAGE}?lang=en").text
    assert Deliveries(known.engine, known.clock).to_try() == []


def test_a_preview_without_an_analysis_says_so(app: Flask, editor: FlaskClient, folder: DataFolder) -> None:
    """No error page: back to the list with a sentence."""
    known = services_of(app)
    number = Subscriptions(known.engine, folder, session_secret(folder)).add("demo", WISH)
    (folder.runs / "demo" / "current").unlink()
    answer = editor.get(f"{PAGE}/{number}/preview?lang=en", follow_redirects=True)
    assert answer.status_code == 200
    assert "no analysis" in answer.text


def test_who_gets_it_next_has_keys_of_their_own(world: World) -> None:
    """With another recipient the old link to unsubscribe opens nothing; with another hour it stays."""
    number = world.subscriptions.add("demo", WISH)
    first = world.subscriptions.find("demo", number)
    assert first
    token = world.subscriptions.token(first)
    world.subscriptions.change("demo", number, replace(WISH, plan=replace(MONDAY_7, hour=8)))
    assert world.subscriptions.by_token(number, token)
    world.subscriptions.change("demo", number, replace(WISH, recipient="bert@example.org"))
    assert world.subscriptions.by_token(number, token) is None
