"""Referrer and campaign tags → channel."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import channels
from collector.channels import Channel, read, spam
from collector.sites import make_site
from collector.wordlists import lines

SITE = make_site("acme", ["werkenbij.acme.nl", "*.acme.com", "127.0.0.1:8080"])
HOME = "https://werkenbij.acme.nl/"


@pytest.mark.parametrize(
    ("referrer", "query", "channel", "source"),
    [
        ("", "", "direct", ""),
        ("about:blank", "", "direct", ""),
        ("not a referrer", "", "direct", ""),
        ("https://www.google.com/", "", "organic_search", "google"),
        ("https://www.google.co.uk/search?q=jobs", "", "organic_search", "google"),
        ("android-app://com.google.android.googlequicksearchbox/", "", "organic_search", "google"),
        ("https://www.bing.com/", "", "organic_search", "bing"),
        ("https://duckduckgo.com/", "", "organic_search", "duckduckgo"),
        ("https://www.ecosia.org/", "", "organic_search", "ecosia"),
        ("https://www.google.nl/", "gclid=EAIaIQ", "paid_search", "google"),
        ("", "gclid=EAIaIQ", "paid_search", "google"),
        ("", "msclkid=1", "paid_search", "bing"),
        ("", "utm_source=google&utm_medium=cpc", "paid_search", "google"),
        ("", "utm_source=google&utm_medium=SEA", "paid_search", "google"),
        ("https://www.linkedin.com/", "", "organic_social", "linkedin"),
        ("https://lnkd.in/abc", "", "organic_social", "linkedin"),
        ("https://l.facebook.com/", "", "organic_social", "facebook"),
        ("https://www.instagram.com/", "", "organic_social", "instagram"),
        ("https://www.xing.com/", "", "organic_social", "xing"),
        ("https://l.facebook.com/", "fbclid=abc", "paid_social", "facebook"),
        ("https://l.facebook.com/", "fbclid=abc&utm_source=facebook&utm_medium=social", "organic_social", "facebook"),
        ("", "utm_source=LinkedIn&utm_medium=paid_social", "paid_social", "linkedin"),
        ("", "utm_source=instagram&utm_medium=paid", "paid_social", "instagram"),
        ("", "li_fat_id=abc", "paid_social", "linkedin"),
        ("https://nl.indeed.com/", "", "job_board", "indeed"),
        ("", "utm_source=Indeed&utm_medium=cpc", "job_board", "indeed"),
        ("https://www.nationalevacaturebank.nl/", "", "job_board", "nationale vacaturebank"),
        ("https://www.werkzoeken.nl/", "", "job_board", "werkzoeken"),
        ("https://www.monsterboard.nl/", "", "job_board", "monsterboard"),
        ("https://www.stepstone.de/", "", "job_board", "stepstone"),
        ("https://www.glassdoor.nl/", "", "job_board", "glassdoor"),
        ("https://www.linkedin.com/jobs/view/1", "", "job_board", "linkedin jobs"),
        ("https://www.xing.com/jobs/x", "", "job_board", "xing jobs"),
        ("", "utm_source=linkedin-jobs", "job_board", "linkedin jobs"),
        (
            "",
            "utm_campaign=google_jobs_apply&utm_source=google_jobs_apply&utm_medium=organic",
            "job_board",
            "google jobs",
        ),
        ("", "utm_source=acme-board&utm_medium=jobboard", "job_board", "acme-board"),
        ("", "utm_source=google%2B&utm_medium=cpc", "paid_search", "google"),
        ("", "gad_source=1", "paid_search", "google"),
        ("https://www.kununu.com/de/acme", "", "job_board", "kununu"),
        ("https://www.technicus.nl/", "", "job_board", "technicus.nl"),
        ("https://www.azubiyo.de/", "", "job_board", "ausbildung.de"),
        ("https://www.pracuj.pl/", "", "job_board", "pracuj"),
        ("https://www.leboncoin.fr/offres_d_emploi/1", "", "job_board", "leboncoin emploi"),
        ("https://www.leboncoin.fr/voitures/1", "", "referral", "leboncoin.fr"),
        ("", "utm_source=jobs", "campaign", "jobs"),
        ("", "utm_source=search", "campaign", "search"),
        ("https://www.genspark.ai/", "", "ai_assistant", "genspark"),
        ("https://chatgpt.com/", "utm_source=chatgpt.com", "ai_assistant", "chatgpt"),
        ("https://www.perplexity.ai/", "", "ai_assistant", "perplexity"),
        ("https://claude.ai/", "", "ai_assistant", "claude"),
        ("https://gemini.google.com/", "", "ai_assistant", "gemini"),
        ("https://mail.google.com/", "", "email", "gmail"),
        ("", "utm_source=nieuwsbrief&utm_medium=e-mail", "email", "newsletter"),
        ("", "utm_source=hr&utm_medium=email", "email", "hr"),
        ("", "utm_source=nu.nl&utm_medium=banner", "display", "nu.nl"),
        ("", "utm_source=dv360&utm_medium=programmatic", "display", "dv360"),
        ("https://nieuws.nu.nl/artikel", "", "referral", "nu.nl"),
        ("https://192.168.1.9/", "", "referral", ""),
        ("", "utm_source=abri&utm_medium=poster&utm_campaign=zomer", "campaign", "abri"),
        ("", "ref=partner", "campaign", "partner"),
        ("", "source=Indeed", "job_board", "indeed"),
        ("https://werkenbij.acme.nl/vacatures", "utm_source=indeed", "internal", ""),
        ("https://www.acme.com/", "", "internal", ""),
        ("http://127.0.0.1:8080/", "", "internal", ""),
        ("https://google.evil.example/", "", "referral", "evil.example"),
        ("https://notlinkedin.com/", "", "referral", "notlinkedin.com"),
    ],
)
def test_channel_and_source(referrer: str, query: str, channel: str, source: str) -> None:
    """Each way to a careers site is told by its referrer or its tags."""
    arrival = read(referrer, f"{HOME}?{query}", SITE)
    assert (arrival.channel, arrival.source) == (channel, source)


def test_campaign_is_cleaned() -> None:
    """A person in a campaign tag is taken out, and the rest of the tag is kept."""
    arrival = read("", HOME + "?utm_source=Crm&utm_medium=Pos+ter&utm_campaign=Herfst%20jan%40example.org%202026", SITE)
    assert arrival == (Channel.CAMPAIGN, "crm", "pos ter", "herfst 2026")


@settings(deadline=None)
@given(referrer=st.text(max_size=200), url=st.text(max_size=200))
def test_any_text_gives_a_channel(referrer: str, url: str) -> None:
    """Whatever is sent, there is one of the known channels and three short texts."""
    arrival = read(referrer, url, SITE)
    assert arrival.channel in set(Channel)
    assert max(map(len, arrival[1:])) <= 60


@settings(deadline=None)
@given(
    host=st.from_regex(r"[a-z]{3,8}\.example\.org", fullmatch=True),
    path=st.text("abcdefgh/", min_size=12, max_size=40),
    clicked=st.text("ABCdef123", min_size=20, max_size=20),
)
def test_no_path_and_no_click_id_is_kept(host: str, path: str, clicked: str) -> None:
    """Of a referrer nothing but the host comes out, of a click id nothing at all."""
    arrival = read(
        f"https://{host}/{path}?q={clicked}", f"{HOME}?gclid={clicked}&fbclid={clicked}&li_fat_id={clicked}", SITE
    )
    assert arrival.source == "example.org"
    assert clicked.lower() not in "".join(arrival).lower()


def test_spam_is_told_by_host() -> None:
    """A host of the list and its subdomains are spam; a host that only ends alike is not."""
    assert all(map(spam, ("https://0-0.fr/x", "http://www.0-0.fr")))
    assert not any(map(spam, ("https://x0-0.fr/", "https://www.nu.nl/", "")))


def test_ladder_ends_with_everything() -> None:
    """The last rung takes what is left, so that there always is a channel."""
    assert channels.LADDER[-1][0] is Channel.DIRECT
    assert {channel for channel, _ in channels.LADDER} | {Channel.INTERNAL} == set(Channel)


@pytest.mark.parametrize("file", ["search", "social", "ai", "job_boards", "email"])
def test_data_files_name_source_and_licence(file: str) -> None:
    """Each data file says where it comes from, under which licence, and reads as name and hosts."""
    from importlib.resources import files

    text = files("collector").joinpath("data", f"{file}.txt").read_text(encoding="utf-8")
    assert "CC0" in text.splitlines()[1]
    for line in text.splitlines()[2:]:
        name, _, hosts = line.partition(": ")
        assert name, line
        assert hosts, line
        assert hosts == hosts.lower(), line


def test_a_name_is_one_source() -> None:
    """No name in one file takes over the name of another that is read before: "google" stays the search engine."""
    names: dict[str, set[str]] = {}
    for kind in ("search", "social", "email", "ai", "job_boards"):
        for line in lines(f"{kind}.txt"):
            name = line.partition(": ")[0]
            names.setdefault("".join(char for char in name.lower() if char.isalnum()), set()).add(f"{kind}: {name}")
    assert not {name: listed for name, listed in names.items() if len(listed) > 1}
