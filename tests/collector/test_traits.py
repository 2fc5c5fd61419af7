from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import traits
from collector.traits import Sender, client_address, device, language, network_of, read_sender

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"))


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "desktop"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
            "desktop",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "desktop",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            "mobile",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            "mobile",
        ),
        ("Opera/9.80 (Android; Opera Mini/12.0.1987/37.7327; U; pl) Presto/2.12.423 Version/12.16", "mobile"),
        (
            "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148",
            "tablet",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "tablet",
        ),
        (
            "Mozilla/5.0 (Linux; Android 12; AFTKA) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.1 like Chrome/120.0 Safari/537.36",
            "other",
        ),
        (
            "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/7.0 TV Safari/537.36",
            "other",
        ),
        ("", "other"),
    ],
)
def test_device_is_one_of_four(agent: str, expected: str):
    """An agent becomes desktop, mobile, tablet or other."""
    assert device(agent) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("DE", "de"),
        (" en ;q=0.5", "en"),
        ("zh-Hant-TW, en", "zh"),
        ("*", ""),
        ("", ""),
        ("english", ""),
        ("fil-PH", ""),
    ],
)
def test_language_is_the_first_one(accept: str, expected: str):
    """Accept-Language becomes the primary language of its first entry."""
    assert language(accept) == expected


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "forwarded", "expected"),
    [
        ("203.0.113.9", "198.51.100.7", "", "203.0.113.9"),  # nobody's proxy is believed
        ("10.0.0.1", "198.51.100.7", "", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.2.2.2", "", "198.51.100.7"),  # what is left of it was made up
        ("10.0.0.1", "198.51.100.7:4711", "", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::7]:4711", "", "2001:db8::7"),
        ("10.0.0.1", "2001:db8::7", "", "2001:db8::7"),
        ("2001:db8:1::1", "198.51.100.7", "", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "", "10.0.0.2"),  # all of them are proxies
        ("10.0.0.1", "198.51.100.7, unknown", "", "10.0.0.1"),
        ("10.0.0.1", "", "", "10.0.0.1"),
        ("10.0.0.1", "", 'for=1.1.1.1, For="[2001:db8::7]:4711";proto=https;by=10.0.0.1', "2001:db8::7"),
        ("10.0.0.1", "", "for=198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "", "for=_hidden", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "for=192.0.2.1", "198.51.100.7"),
        ("not an address", "198.51.100.7", "", "not an address"),
    ],
)
def test_the_client_is_the_rightmost_that_no_trusted_proxy_has(
    peer: str, forwarded_for: str, forwarded: str, expected: str
):
    """Forwarded addresses are believed from trusted proxies only, from right to left."""
    assert client_address(peer, forwarded_for, forwarded, PROXIES) == expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_header_gives_an_address(forwarded_for: str, forwarded: str):
    """Whatever a client writes into these headers, nothing raises."""
    assert client_address("10.0.0.1", forwarded_for, forwarded, PROXIES)


def test_one_ipv6_subscriber_is_one_network():
    """IPv6 addresses of one /64 are one network; an IPv4 address is itself."""
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    ("headers", "trait"),
    [
        ({"HTTP_SEC_GPC": "1"}, "opt_out"),
        ({"HTTP_DNT": "1"}, "opt_out"),
        ({"HTTP_SEC_PURPOSE": "prefetch;prerender"}, "prefetch"),
        ({"HTTP_PURPOSE": "prefetch"}, "prefetch"),
        ({"HTTP_X_MOZ": "prefetch"}, "prefetch"),
        ({"HTTP_SEC_CH_UA": '"HeadlessChrome";v="142"'}, "automated"),
    ],
)
def test_headers_that_speak(headers: dict[str, str], trait: str):
    """Opt-out, loading ahead and headless browsers are read from their headers; DNT: 0 is no opt-out."""
    assert getattr(read_sender(headers, ()), trait)
    assert not any(read_sender({"HTTP_DNT": "0", "HTTP_SEC_GPC": "0"}, ())[3:])


def test_a_sender_does_not_show_itself():
    """Neither address nor agent appear when a sender is printed, as in a traceback."""
    assert "192.0.2.1" not in repr(Sender("192.0.2.1", "Firefox", "nl"))


@pytest.mark.parametrize(
    ("private", "addresses"),
    [
        (True, "127.0.0.1 10.1.2.3 192.168.0.1 172.16.0.1 172.31.255.1 100.64.0.1 100.127.0.1 ::1 fd00::1 fc00::1 fe80::1 ::ffff:10.1.1.1"),
        (False, "8.8.8.8 1.27.0.1 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 192.169.0.1 101.0.0.1 2001:db8::1 ::2 ff02::1 fec0::1"),
    ],
)  # fmt: skip
def test_private_networks_are_known(private: bool, addresses: str):
    """This machine, private and link-local networks are no part of the internet; their neighbours are."""
    assert [address for address in addresses.split() if traits.is_private(address) is not private] == []


@pytest.mark.parametrize(
    ("address", "bits", "cut"),
    [
        ("198.51.100.77", (24, 48), "198.51.100.0"),
        ("2001:db8:1:2:3:4:5:6", (24, 48), "2001:db8:1::"),
        ("::ffff:198.51.100.77", (16, 48), "198.51.0.0"),
        ("198.51.100.77", traits.ALL_BITS, "198.51.100.77"),
        ("unknown", (24, 48), "unknown"),
    ],
)
def test_an_address_can_be_cut(address: str, bits: tuple[int, int], cut: str):
    """Of an address, the last bits can be left out."""
    assert traits.cut(address, *bits) == cut
