"""Made-up browsers: what the collector would see of them, and forget."""

from __future__ import annotations

from random import Random
from typing import Final

from collector.ingest import Sender
from dashboard.demo.employer import Odds

_MOZILLA = "Mozilla/5.0"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"

MOBILE: Final = Odds(
    {
        **{
            f"{_MOZILLA} (iPhone; CPU iPhone OS {system} like Mac OS X) {_APPLE} Version/{version} Mobile/15E148 Safari/604.1": 6
            for system, version in (("18_6", "18.6"), ("18_7", "26.0"), ("17_7", "17.6"))
        },
        **{
            f"{_MOZILLA} (Linux; Android 10; K) {_WEBKIT} Chrome/{version}.0.0.0 Mobile Safari/537.36": 6
            for version in (139, 141, 142)
        },
        f"{_MOZILLA} (Linux; Android 10; K) {_WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": 3,
        f"{_MOZILLA} (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0": 1,
        f"{_MOZILLA} (iPad; CPU OS 18_6 like Mac OS X) {_APPLE} Version/18.6 Mobile/15E148 Safari/604.1": 2,
        f"{_MOZILLA} (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_APPLE} CriOS/141.0.7390.96 Mobile/15E148 Safari/604.1": 2,
    }
)
DESKTOP: Final = Odds(
    {
        **{
            f"{_MOZILLA} (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/{version}.0.0.0 Safari/537.36": 6
            for version in (139, 141, 142)
        },
        **{
            f"{_MOZILLA} (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/{version}.0.0.0 Safari/537.36 Edg/{version}.0.0.0": 5
            for version in (140, 141)
        },
        f"{_MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) {_APPLE} Version/18.6 Safari/605.1.15": 4,
        f"{_MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Chrome/141.0.0.0 Safari/537.36": 3,
        f"{_MOZILLA} (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0": 3,
        f"{_MOZILLA} (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0": 1,
    }
)
CRAWLERS: Final = Odds(
    {
        f"{_MOZILLA} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": 6,
        f"{_MOZILLA} (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": 4,
        f"{_MOZILLA} {_WEBKIT}; compatible; GPTBot/1.2; +https://openai.com/gptbot": 3,
        f"{_MOZILLA} (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)": 2,
        "python-requests/2.32.3": 1,
    }
)
_LANGUAGES: Final = {
    "nl": "nl-NL,nl;q=0.9,en-US;q=0.8,en;q=0.7",
    "en": "en-GB,en;q=0.9",
    "de": "de-DE,de;q=0.9,en;q=0.8",
}


def browser(mobile: float, language: str, opt_out: float, dice: Random) -> Sender:
    """
    A browser of its own.

    Args:
        mobile: chance that it is on a telephone or tablet.
        language: ISO 639-1.
        opt_out: chance that it asks not to be counted.
        dice: all chance in it.
    """
    agents = MOBILE if dice.random() < mobile else DESKTOP
    return Sender(
        _address(dice),
        agents.draw(dice),
        _LANGUAGES.get(language, f"{language},en;q=0.7"),
        opt_out=dice.random() < opt_out,
    )


def crawler(dice: Random) -> Sender:
    """An automated client that says so."""
    return Sender(_address(dice), CRAWLERS.draw(dice), "")


def _address(dice: Random) -> str:
    """An address that nobody has: of the documentation network (RFC 3849), or for tests of networks (RFC 2544)."""
    bits = dice.getrandbits(64)
    if bits & 1:
        return f"2001:db8:{bits >> 48 & 0xFFFF:x}:{bits >> 32 & 0xFFFF:x}::{bits >> 16 & 0xFFFF:x}"
    return f"198.{18 + (bits >> 1 & 1)}.{bits >> 8 & 0xFF}.{bits >> 16 & 0xFF}"
