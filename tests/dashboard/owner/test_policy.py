"""Does a Content-Security-Policy let the snippet load and send?"""

from __future__ import annotations

import pytest

from dashboard.owner.policy import Policy

PAGE = "https://werkenbij.acme.nl/vacatures"
SRC = "https://count.acme.nl/t.js"


@pytest.mark.parametrize(
    ("policy", "script", "connection"),
    [
        ("", True, True),
        ("img-src 'none'", True, True),
        ("default-src 'self'", False, False),
        ("default-src *", True, True),
        ("default-src https:", True, True),
        ("default-src 'none'; script-src https://count.acme.nl; connect-src https://count.acme.nl", True, True),
        ("script-src https://count.acme.nl", True, True),
        ("script-src https://count.acme.nl; default-src 'self'", True, False),
        ("script-src-elem 'self'; script-src https://count.acme.nl", False, True),
        ("SCRIPT-SRC *.acme.nl; connect-src acme.nl", True, False),
        ("script-src count.acme.nl:8443", False, True),
        ("script-src count.acme.nl:443", True, True),
        ("script-src http://count.acme.nl", True, True),
        ("script-src https://count.acme.nl/t.js; connect-src https://count.acme.nl/api/", True, True),
        ("script-src https://count.acme.nl/other.js", False, True),
        ("script-src 'nonce-abc'", False, True),
        ("script-src 'strict-dynamic' https:", False, True),
        ("script-src 'unsafe-inline' 'unsafe-eval'", False, True),
        ("script-src https://count.acme.nl; script-src 'none'", True, True),
    ],
)
def test_policies(policy: str, script: bool, connection: bool) -> None:
    """Directives fall back, hosts, ports, paths and schemes match as browsers match them, and the first of two directives counts."""
    parsed = Policy.parse(policy)
    assert parsed.allows_script(SRC, page=PAGE) is script
    assert parsed.allows_connection("https://count.acme.nl/api/event", page=PAGE) is connection


def test_a_nonce_lets_its_script_load() -> None:
    """A script with the policy's nonce loads, under strict-dynamic as well."""
    assert Policy.parse("script-src 'strict-dynamic' 'nonce-abc'").allows_script(SRC, page=PAGE, nonce="abc")
    assert Policy.parse("default-src 'self'").allows_script("https://werkenbij.acme.nl/count/t.js", page=PAGE)
