"""The snippet as it is served, and the lines that install it. What it does in a browser: tests/browser."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files

from collector import snippet


def test_snippet_is_small() -> None:
    """With everything in it, the snippet is at most 1,500 bytes gzipped."""
    assert len(gzip.compress(snippet.build().body, 9)) <= 1500


def test_version_and_etag_follow_the_body() -> None:
    """The same source gives the same version; the ETag is the version in quotes."""
    one, two = snippet.build(), snippet.build()
    assert one == two
    assert re.fullmatch(r"[0-9a-f]{8}", one.version)
    assert one.etag == f'"{one.version}"'


def test_snippet_touches_no_storage_and_no_fingerprint() -> None:
    """Neither the source nor what is served names a cookie, a storage, the screen, fonts, plugins or the agent."""
    source = files("collector").joinpath("static", "t.js").read_text(encoding="utf-8")
    code = re.sub(r"^\s*//.*$", "", source, flags=re.MULTILINE)
    forbidden = r"cookie|storage|indexeddb|caches|screen|fonts?\b|plugins|useragent|canvas|webgl|timezone|languages?|hardware|eval|Function\("
    for text in (code, snippet.build().body.decode()):
        assert not re.search(forbidden, text, re.IGNORECASE)


def test_tag_is_escaped() -> None:
    """An address or key with quotes can't break out of the line of HTML."""
    assert (
        snippet.tag("https://count.example/", "acme")
        == '<script defer src="https://count.example/t.js" data-site="acme"></script>'
    )
    hostile = snippet.tag('https://x/"><script>', 'a"><b')
    assert hostile.count('"') == 4
    assert hostile.count("<") == 2


def test_csp_names_the_origin_only() -> None:
    """The policy allows one origin for the script and the beacons, and can't be extended by what is typed."""
    assert (
        snippet.csp("https://count.example/telpunt")
        == "script-src https://count.example; connect-src https://count.example"
    )
    assert snippet.csp("https://x; default-src *").count(";") == 1


def test_loader_is_escaped() -> None:
    """The script for a tag manager names address and key, and neither can break out of it."""
    assert 'script.dataset.site = "acme"' in snippet.loader("https://count.example/", "acme")
    hostile = snippet.loader('https://x/"</script>', "a&<b")
    assert "<" not in hostile
    assert hostile.count("\\u003c") == 2
