"""What Telpunt takes the pages of a site for, and what it asks about."""

from __future__ import annotations

import pytest

from collector import rules
from collector.sites import make_site
from dashboard.owner.proposals import propose
from dashboard.owner.sitemap import Page

SITE = make_site("acme", ["werkenbij.acme.nl"])


def pages(*paths: str, listed_as: str = "") -> list[Page]:
    return [Page(f"https://werkenbij.acme.nl{path}", listed_as) for path in paths]


def test_what_is_known_is_told_and_what_is_not_is_asked() -> None:
    """Known pages are summed up by touchpoint; an unknown part of the site is one proposal; other hosts are counted apart."""
    found = propose(
        SITE,
        [*pages("/", "/vacatures", "/vacatures/kok", "/xyzzy", "/xyzzy/a", "/xyzzy/b"), Page("https://elders.nl/x")],
    )
    assert (found.pages, found.others) == (6, 1)
    assert {known.touchpoint for known in found.known} == {"home", "vacancy_list", "vacancy"}
    (unknown,) = found.unknown
    assert (unknown.pattern, unknown.counts_as, unknown.guess, unknown.pages) == ("/xyzzy*", "section:xyzzy", "", 3)


@pytest.mark.parametrize(
    "paths",
    [
        ["/xyzzy"],
        ["/xyzzy/a"],
        ["/xyzzy", "/xyzzy/a"],
        ["/en/xyzzy/a"],
        ["/werken-bij/xyzzy/a", "/werken-bij/xyzzy/b"],
        ["/2024/10/hello"],
    ],
)
def test_a_proposed_rule_takes_in_its_pages_and_nothing_that_is_known(paths: list[str]) -> None:
    """Each proposal, made a rule, changes its own pages; the careers home and the vacancies stay what they are."""
    found = propose(SITE, pages(*paths))
    site = SITE
    for one in found.unknown:
        site = rules.add(site, f"{one.pattern}=event")
    assert {seen.touchpoint for seen in rules.preview(site, paths)} == {"event"}
    assert [seen.touchpoint for seen in rules.preview(site, ["/", "/werken-bij", "/vacatures/kok"])] == [
        "home",
        "home",
        "vacancy",
    ]


@pytest.mark.parametrize(
    ("found", "guess"),
    [
        (pages("/xyzzy/jan", "/xyzzy/piet", listed_as="medewerker"), "story"),
        (pages("/xyzzy/1", listed_as="vacature"), "vacancy"),
        (pages("/arbeidsvoorwaarde"), "benefits"),
        (pages("/ons-verhaal-x/jan"), "story"),
        (pages("/xyzzy/rood", "/xyzzy/blauw"), ""),
    ],
)
def test_a_guess_has_a_reason(found: list[Page], guess: str) -> None:
    """By the name of the list, by a word within the name, by a word that is nearly the same; else none."""
    assert [one.guess for one in propose(SITE, found).unknown] == [guess]


def test_hostile_addresses_are_no_proposals_that_cannot_be_rules() -> None:
    """Whatever stands in a sitemap, each pattern that is proposed can be made a rule."""
    odd = [
        "/<script>alert(1)</script>/x",
        "/%00%ff/x",
        "/" + "x" * 2000,
        "/a b/c",
        "/*/*",
        "/x=y/z",
        "/\u202eegnp/x",
        "/%3Cimg%20src=x%3E",
        "",
        "//",
    ]
    for one in propose(SITE, [*pages(*odd), Page(""), Page("http://[")]).unknown:
        assert rules.add(SITE, f"{one.pattern}=story").rules[0].path == one.pattern
