"""What may be kept of a path, of words, of a name and of a link."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import cleaning

CLEANERS = (cleaning.page, cleaning.words, cleaning.name, cleaning.target)
LIMITS = {cleaning.page: 120, cleaning.words: 60, cleaning.name: 60, cleaning.target: 120}

anything = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=300) | st.text(
    alphabet="ab01 %@.:-/_+#?&()2F[]é\u202e\x00\ud800４＠", max_size=300
)
around = st.sampled_from(("", "verpleegkundige ", "werken-bij/", "x-", "a_", "q="))
mails = st.emails().filter(lambda mail: len(mail) < 100 and "?" not in mail and "#" not in mail)
addresses = st.ip_addresses().map(str)
uuids = st.uuids().map(str)
phones = st.builds(
    lambda start, digits, gap: start + gap.join(digits),
    st.sampled_from(("+31 ", "0031", "06-", "+49 (0) ", "0")),
    st.lists(st.text("0123456789", min_size=2, max_size=3), min_size=4, max_size=5),
    st.sampled_from(("", " ", "-", ".")),
)


@pytest.mark.parametrize("clean", CLEANERS)
@settings(deadline=None)
@given(text=anything)
def test_cleaning_is_bounded_idempotent_and_never_raises(clean: Callable[[str], str], text: str) -> None:
    """Any text gives a short text that cleaning again does not change."""
    cleaned = clean(text)
    assert len(cleaned) <= LIMITS[clean]
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("clean", CLEANERS)
@settings(deadline=None)
@given(text=anything)
def test_nothing_unseen_survives(clean: Callable[[str], str], text: str) -> None:
    """No control, format, bidi, surrogate or private character comes out, and it can be written as UTF-8."""
    cleaned = clean(text)
    assert not {unicodedata.category(char) for char in cleaned} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    cleaned.encode()


@pytest.mark.parametrize("clean", CLEANERS)
@settings(deadline=None)
@given(before=around, mail=mails, after=around)
def test_no_mail_address_comes_out(clean: Callable[[str], str], before: str, mail: str, after: str) -> None:
    """An e-mail address in a path, in words or in a name is taken out, encoded or not."""
    for written in (
        mail,
        mail.replace("@", "%40"),
        mail.replace("@", "%2540"),
        mail.replace("@", " @ "),
        mail.replace("@", "＠"),
    ):
        cleaned = clean(f"/{before}{written} {after}" if clean is cleaning.page else f"{before}{written} {after}")
        assert "@" not in cleaned
        assert mail.casefold() not in cleaned.casefold()


@pytest.mark.parametrize("clean", CLEANERS)
@settings(deadline=None)
@given(before=around, address=addresses, after=around)
def test_no_address_comes_out(clean: Callable[[str], str], before: str, address: str, after: str) -> None:
    """An IPv4 or IPv6 address is taken out wherever it stands."""
    cleaned = clean(f"/{before}{address} {after}" if clean is cleaning.page else f"{before}{address} {after}")
    assert address.lower() not in cleaned or address == "::"
    for part in re.findall(r"[0-9a-f.:]+", cleaned):
        with pytest.raises(ValueError, match="does not appear"):
            ipaddress.ip_address(part)


@pytest.mark.parametrize("clean", CLEANERS)
@settings(deadline=None)
@given(before=around, secret=uuids | phones, after=around)
def test_no_uuid_or_telephone_number_comes_out(
    clean: Callable[[str], str], before: str, secret: str, after: str
) -> None:
    """Of a UUID or a telephone number fewer than seven digits are left, so neither can be told."""
    cleaned = clean(f"/{before}{secret}/{after}" if clean is cleaning.page else f"{before}{secret} {after}")
    assert secret.lower() not in cleaned
    digits = re.sub(r"\D", "", secret)
    if clean is not cleaning.target:
        assert len(re.sub(r"\D", "", cleaned)) < 7 or len(digits) < 7


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (
            "https://werkenbij.acme.nl/Vacatures/Verpleegkundige-Utrecht-12345/?utm_source=x#top",
            "/vacatures/verpleegkundige-utrecht-:id",
        ),
        ("/jobs/5941007-senior-developer", "/jobs/:id-senior-developer"),
        ("/job/Software-Engineer_JR1981743", "/job/software-engineer-:id"),
        ("/o/senior-dev/c/new", "/o/senior-dev/c/new"),
        ("/nieuws/2026/11/open-dag", "/nieuws/2026/11/open-dag"),
        ("/vacature/pedagogisch-medewerker-32-uur", "/vacature/pedagogisch-medewerker-32-uur"),
        ("/jobs/482a407b-067d-4f9a-b87f-69cb775956ce", "/jobs/:id"),
        ("/%C3%BCber-uns/Fr%C3%BCh%20dran", "/über-uns/früh-dran"),
        ("/profiel/jan.jansen%40example.org/cv", "/profiel/:id/cv"),
        ("/a//b/../c/.", "/a/b/c"),
        ("", "/"),
        ("https://werkenbij.acme.nl", "/"),
    ],
)
def test_page_stays_readable(url: str, page: str) -> None:
    """The slug of a vacancy stays readable, its id does not."""
    assert cleaning.page(url) == page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("  Verpleegkundige   UTRECHT ", "verpleegkundige utrecht"),
        ("1012 AB Amsterdam", "1012 amsterdam"),
        ("c++ c# .net", "c++ c# .net"),
        ("cao 2024 schaal 10", "cao 2024 schaal 10"),
        ("bsn 123456782", "bsn"),
        ("jan(at)example.org", ""),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", ""),
        ("пекарь", "пекарь"),
    ],
)
def test_words_stay_words(query: str, words: str) -> None:
    """Search words stay what was looked for; of a Dutch street's postcode the town is left."""
    assert cleaning.words(query) == words


def test_name_keeps_the_date_of_a_campaign() -> None:
    """A date from this decade in a campaign's name is no telephone number; a date of birth goes."""
    assert cleaning.name("Herfst 2026-11-22") == "herfst 2026-11-22"
    assert cleaning.name("jan 1985-03-12") == "jan"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://www.jobs.lever.co:443/acme/x?source=y", "jobs.lever.co"),
        ("https://name:secret@jobs.example.org/", "jobs.example.org"),
        ("/files/Brochure.PDF?v=2", "pdf"),
        ("mailto:jan@example.org", "mail"),
        ("tel:+31612345678", "tel"),
        ("https://wa.me/31612345678", "whatsapp"),
        ("https://10.0.0.1/x", ""),
        ("https://[2001:db8::1]/", ""),
        ("javascript:alert(1)", ""),
        ("https://0612345678.example.org/", ""),
        ("", ""),
    ],
)
def test_target_is_a_host_or_a_kind(url: str, target: str) -> None:
    """Of a link the host, the extension or the way of contact is left, never whom it reaches."""
    assert cleaning.target(url) == target


@pytest.mark.parametrize("clean", CLEANERS)
@pytest.mark.parametrize("unit", ["1 ", "a:", "(", "%25", "a@", "0-", "-", "::", "[at] ", "\u0345", "aB1"])
def test_long_hostile_input_costs_little(clean: Callable[[str], str], unit: str) -> None:
    """A hundred thousand characters of what regular expressions dislike are cut and cleaned all the same."""
    assert len(clean("/" + unit * 50_000)) <= LIMITS[clean]
