"""The letter: its parts, its headers as the bytes that are sent, and what hostile text does in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from io import BytesIO

import pytest
from PIL import Image

from dashboard.reports.look import Look, Looks
from dashboard.reports.model import Chapter, Section
from dashboard.scheduled import letter, message
from dashboard.scheduled.wishes import InvalidSubscription, is_email
from tests import tls
from tests.dashboard.scheduled.conftest import AFTER, WISH, World
from tests.smtp import Inbox, serving


def test_a_letter_has_all_its_parts(world: World, inbox: Inbox) -> None:
    """Text and HTML with the same figures, each chart inside by its CID, the PDF, and a way out of one click."""
    with serving(inbox) as port:
        world.mail_to(port)
        world.subscriptions.add("demo", replace(WISH, attachment="xlsx", language="nl"))
        world.clock.now = AFTER
        assert world.round() == (1, 0, 0)
    mail = inbox.letters[0]
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    shown = page.get_content()
    assert 'lang="nl"' in shown
    figure = re.search(r"\d+\.\d{3}", text.get_content())
    assert figure
    assert figure[0] in shown
    named = set(re.findall(r'src="cid:([^"]+)"', shown))
    pictures = {
        str(part["Content-ID"]).strip("<>"): part.get_content()
        for part in mail.walk()
        if part.get_content_type() == "image/png"
    }
    assert named
    assert named == set(pictures)
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
    assert "http" not in re.sub(r"https://count\.example\.org\S*", "", shown)
    [sheet] = list(mail.iter_attachments())
    assert str(sheet.get_filename()).endswith(".xlsx")
    assert sheet.get_content().startswith(b"PK")


def test_mail_programs_find_the_way_out(world: World) -> None:
    """In the bytes: one unfolded List-Unsubscribe as RFC 8058 wants it, a Message-ID with our mark, a date, and no answering machine answers."""
    world.mail_to(9, public_url="https://" + "a-rather-long-name." * 4 + "example.org")
    mail = letter.write(world.compose(), "anna@example.org", "telpunt@" + "long-name." * 8 + "example.org", "")
    head = mail.as_bytes().split(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    headers = dict(line.split(": ", 1) for line in head if not line.startswith(" "))  # a folded one by its first line
    words = re.findall(r"=\?\S+\?=", "\n".join(head))
    assert words
    assert all(len(word) <= 75 for word in words)  # RFC 2047, 2
    assert re.fullmatch(r"<https://a-rather-\S+/unsubscribe/1/[0-9a-f]{64}>", headers["List-Unsubscribe"])
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<7\.[0-9a-f]{40}@\S+>", headers["Message-ID"])
    assert headers["Auto-Submitted"] == "auto-generated"
    assert abs((parsedate_to_datetime(headers["Date"]) - datetime.now(UTC)).total_seconds()) < 600
    assert all(len(line) <= 998 for line in mail.as_bytes().decode("ascii").split("\r\n"))


def test_the_subject_is_the_news(world: World) -> None:
    """What changed first since the last report and how many more; without news the period; of one audience its name."""
    told = world.compose(replace(WISH, language="en"))
    assert told.subject.startswith("werkenbij.example.org: “")
    assert told.sentences
    assert told.sentences[0].split(":")[0] in told.subject
    quiet = world.compose(replace(WISH, recipient="b@example.org", segment="a08"))
    assert quiet.sentences == ()
    assert "Askers of how it works" in quiet.subject


def test_hostile_names_stay_text(world: World) -> None:
    """A title and names of audiences that are attacks put no header and no markup into the letter, nor a line into the subject."""
    attack = "x\r\nBcc: all@example.org\u2028<script>alert(1)</script><img src=x onerror=y>"
    world.run_again(identity="20261122T043000Z", text=lambda _words: attack)
    Looks(world.engine).put("demo", Look(title=attack))
    mail = letter.write(
        world.compose(replace(WISH, chapters=("summary", "changes"))),
        "anna@example.org",
        "telpunt@example.org",
        "",
    )
    parsed = message_from_bytes(mail.as_bytes(), policy=default)
    assert parsed["Bcc"] is None
    assert parsed.keys() == mail.keys()
    assert len(str(parsed["Subject"])) <= message.SUBJECT_MAX_CHARS
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script" not in page.get_content()
    assert "<img src=x" not in page.get_content()
    assert "&lt;script" in page.get_content()


def test_a_letter_is_not_cut_off_by_the_mail_program(world: World) -> None:
    """However long the report, the HTML stays under what Gmail shows, its foot with the way out is there, and it says what was left out."""
    told = world.compose()
    assert told.report
    long = Section("Long", "x" * 2_000, ())
    chapters = (Chapter("audiences", "First", (long,) * 30), Chapter("briefs", "Second", (long,) * 60))
    told = letter.fitting(replace(told, report=replace(told.report, chapters=chapters)))
    page = letter.html(told, lambda _picture: "cid:x")
    assert len(page.encode()) <= letter.HTML_MAX_BYTES
    assert told.way.leave in page
    assert told.left_out == ("Second",)
    assert "Too long for a letter" in message.plain(told)
    one = replace(told, report=replace(told.report, chapters=(Chapter("briefs", "Only", (long,) * 90),)))  # type: ignore[type-var]
    assert len(letter.html(letter.fitting(one), lambda _picture: "cid:x").encode()) <= letter.HTML_MAX_BYTES


def test_the_employers_logo_stands_in_it(world: World) -> None:
    """As a picture inside, with the employer's name for who does not see it."""
    out = BytesIO()
    Image.new("RGB", (40, 20), "#0b5563").save(out, "PNG")
    Looks(world.engine).put("demo", Look("Waterschap", "#0b5563", out.getvalue()))
    mail = letter.write(
        world.compose(replace(WISH, chapters=("about",))), "anna@example.org", "telpunt@example.org", ""
    )
    page = mail.get_body(("html",))
    assert page is not None
    assert re.search(r'<img src="cid:[^"]+" alt="Waterschap"', page.get_content())
    assert [part.get_content() for part in mail.walk() if part.get_content_type() == "image/png"] == [out.getvalue()]


def test_the_text_reads_by_itself(world: World) -> None:
    """Rows of tables are sentences with the names of their columns, nothing is markup, and there is no empty heading for a chart."""
    text = message.plain(world.compose(replace(WISH, chapters=("summary", "changes"))))
    assert "What is new" in text
    assert re.search(r"^- Job-board technicians, visits [0-9,]+, share [0-9.]+%", text, re.MULTILINE)
    assert not re.search(r"<[a-z/]|&[a-z]+;|^#", text, re.MULTILINE)
    assert not re.search(r"\n-+\n\n", text)


def test_a_letter_is_fit_for_a_phone_and_the_dark(world: World) -> None:
    """Each picture says in words what is to be seen and shrinks to the screen; colours for the dark are there; nothing is fetched."""
    page = letter.html(world.compose(), lambda _picture: "cid:x")
    pictures = re.findall(r"<img [^>]*>", page)
    assert pictures
    assert all("max-width:100%" in one and re.search(r'alt="[^"]{20,}"', one) for one in pictures)
    assert "prefers-color-scheme: dark" in page
    assert not re.search(
        r"(src|href)=\"(?!cid:|https://count\.example\.org/)",
        page.replace('href="/', 'href="https://count.example.org/'),
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tls.Certificate:
    return tls.certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_whole_report_goes_over_tls(
    world: World, inbox: Inbox, certificate: tls.Certificate, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    """With its attachment, by STARTTLS and by TLS from the first byte; with a certificate that is not trusted nothing is said."""
    options = (
        {"tls_context": certificate.context(), "require_starttls": True}
        if security == "starttls"
        else {"ssl_context": certificate.context()}
    )
    with serving(inbox, **options) as port:
        world.mail_to(port, smtp_security=security)
        number = world.subscriptions.add("demo", replace(WISH, attachment="xlsx", chapters=("about",)))
        world.clock.now = AFTER
        assert world.round() == (0, 1, 0)
        assert world.sender().deliveries.last("demo")[number].problem == "certificate"
        assert inbox.envelopes == []
        certificate.trust(monkeypatch)
        world.clock.now += 600
        assert world.round() == (1, 0, 0)
    [sheet] = list(inbox.letters[0].iter_attachments())
    assert sheet.get_content().startswith(b"PK")


def test_no_header_can_be_put_in(world: World) -> None:
    """Line breaks and more than one recipient are refused, where they are kept and where they are written."""
    for text in (
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org,b@example.org",
        "a@example.org b@x",
        "A <a@example.org>",
        "",
        "a",
    ):
        assert not is_email(text), text
        with pytest.raises(InvalidSubscription):
            world.subscriptions.add("demo", replace(WISH, recipient=text))
    world.mail_to(9)
    with pytest.raises((ValueError, IndexError)):
        letter.write(world.compose(), "a@example.org\nBcc: b@example.org", "telpunt@example.org", "")
