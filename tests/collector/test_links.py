"""What a link, a form or a frame means that leads away from a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import links
from collector.events import Kind
from collector.sites import make_site

SITE = make_site("acme", ["werkenbij.acme.nl", "www.acme.nl"])


@pytest.mark.parametrize(
    ("target", "name", "kind"),
    [
        ("https://jobs.lever.co/acme/1/apply", "", "handoff"),
        ("https://boards.greenhouse.io/embed/job_app", "frame", "handoff"),
        ("https://careers.acme.example/o/monteur/c/new", "", "handoff"),
        ("https://werkenbij.acme.nl/o/monteur/c/new", "", "handoff"),
        ("https://werkenbij.acme.nl/jobs/1-x/applications/new", "", "handoff"),
        ("https://werkenbij.acme.nl/solliciteren", "", "engagement"),
        ("https://www.acme.nl/over-ons", "", "engagement"),
        ("mailto", "", "contact"),
        ("tel:+316", "", "contact"),
        ("https://wa.me/3161", "", "contact"),
        ("https://wa.me/", "", "share"),
        ("https://www.facebook.com/sharer/sharer.php", "", "share"),
        ("https://www.linkedin.com/sharing/share-offsite/", "", "share"),
        ("https://werkenbij.acme.nl/files/brochure.pdf", "", "download"),
        ("https://cdn.example.org/brochure.pdf", "", "download"),
        ("https://www.example.org/", "", "outbound"),
        ("https://www.youtube.com/embed/x", "frame", "engagement"),
        ("https://maps.example.org/", "frame", "engagement"),
        ("about", "frame", "engagement"),
        ("javascript", "", "engagement"),
        ("", "", "outbound"),
    ],
)
def test_meaning(target: str, name: str, kind: str) -> None:
    """Hand-off, contact, sharing, download and outbound are told apart; what says nothing is an engagement of no time."""
    assert links.read(target, name, SITE).kind == kind


@given(st.text(max_size=200), st.text(max_size=10))
def test_any_text_has_a_meaning(target: str, name: str) -> None:
    """Whatever is sent as a target, the answer is a kind of event, and nothing is raised."""
    assert links.read(target, name, SITE).kind in set(Kind)
