"""Hypothesis strategies: beacons as people, mistakes and attackers send them."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from collector.events import Kind

SITE = "acme"
HOST = "werkenbij.example.org"

paths = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "vacatures",
                "verpleegkundige",
                "solliciteren",
                "verhalen",
                "over-ons",
                "..",
                "",
                "%2e%2e",
                "jan.jansen@example.org",
            ]
        ),
        st.text(max_size=12),
    ),
    max_size=5,
).map(lambda parts: "/" + "/".join(parts))
urls = st.one_of(
    paths.map(lambda path: f"https://{HOST}{path}"),
    st.text(max_size=40),
    st.sampled_from(
        ["", "javascript:alert(1)", "//[", "http://[::1", "https://werkenbij.example.org:99999/", "https://%00/"]
    ),
)
kinds = st.one_of(
    st.sampled_from([kind.value for kind in Kind]),
    st.sampled_from(["pageView", "page-view", "Applied", "zero_results"]),
)
numbers = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(min_value=2**70, max_value=2**80),
)
jobs = st.fixed_dictionaries(
    {},
    optional={
        "family": st.text(max_size=30),
        "employment_type": st.sampled_from(["FULL_TIME", "part time", "x" * 50, ""]),
        "remote": st.booleans(),
        "location": st.text(max_size=30),
        "posted": st.sampled_from(["0-7", "90+", "gisteren"]),
        "closes": st.text(max_size=5),
    },
)
beacons = st.fixed_dictionaries(
    {"site": st.sampled_from([SITE, SITE, SITE, "", "elders"]), "kind": kinds, "url": urls},
    optional={
        "referrer": urls,
        "engaged_ms": numbers,
        "depth_pct": numbers,
        "query": st.text(max_size=80),
        "results": numbers,
        "target": urls,
        "name": st.text(max_size=80),
        "job": jobs,
        "address": st.just("198.51.100.7"),  # not listed, so not kept
    },
)

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


def _broken(body: bytes, at: int, byte: int) -> bytes:
    at %= len(body) + 1
    return body[:at] + bytes([byte]) + body[at + 1 :]


bodies = st.one_of(
    beacons.map(lambda one: json.dumps(one).encode()),
    st.lists(beacons, max_size=5).map(lambda many: json.dumps(many).encode()),
    st.builds(_broken, beacons.map(lambda one: json.dumps(one).encode()), st.integers(0, 500), st.integers(0, 255)),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(["site", "kind", "url", "job", "engaged_ms"]), json_values).map(
        lambda value: json.dumps(value).encode()
    ),
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"",
            b"[",
            b"{}",
            b"[]",
            b"null",
            b"[" * 5000,
            b'{"a":' * 5000,
            b'{"site":"\\ud800"}',
            b'{"site":"acme","kind":"\xff"}',
        ]
    ),
)
