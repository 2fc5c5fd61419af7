"""
Automated traffic: an agent that is no browser in somebody's hands, with a reason per verdict.

A ladder, first match decides: no agent at all · the kept list of crawler-user-agents (which has the crawlers of search engines, AI
companies, monitors and link previews) without the entries that take in-app browsers for crawlers · words that browsers do not say ·
shapes that no browser has. The words and shapes are a heuristic, in the spirit of isbot (https://github.com/omrilotan/isbot);
how good it is, is measured in ``tests/collector/test_bots.py``.

A verdict costs about 0.1 ms, so it is kept per agent, for the agents seen last.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

AGENT_MAX_CHARS: Final = 512
_FAMILY_MAX_CHARS: Final = 16
_LETTERS: Final = re.compile(r"[A-Za-z]{3,}")
_REMEMBERED_AGENTS: Final = 4096  # about 2 MB


class Verdict(StrEnum):
    """What an agent is. Empty when it is a browser, so that it reads as a condition: ``if verdict(agent): …``."""

    BROWSER = ""
    NO_AGENT = "no_agent"
    LISTED = "listed"  # crawler-user-agents has it
    WORD = "word"  # says that it is a crawler, monitor, library, headless browser, feed reader or preview
    SHAPE = "shape"  # no browser calls itself like this


# Agents that entries of the list match by accident: apps that show a page to a person inside themselves.
_IN_APP: Final = re.compile(
    r"viber|slack_ssb|instagram|fb_?iab|fban/|fbav/|metaiab|linkedinapp|pinterest/(?:ios|android|0)|snapchat|thunderbird/"
    r"|electron/|fluid/|amzn-user|tsm-turingos| ylt chrome|miniature\.io|mozacfetch|googleapp/",
    re.IGNORECASE,
)

_WORDS: Final = (
    # says so
    r"(?<!cu)bots?(?![a-z])|botcollector|robot|crawl|spider|scrap(?:e|y)|archiv|slurp|indexer|explorador|mnogosearch|vyhledavac",
    r"(?<!mozac)fetch(?:er)?\b|feed(?!ly/)|rss\b|\brss|aggregat|subscribers|newsbeuter|netnewswire|akregator|pubsub|getter\b",
    r"liferea|newsgator|omea|bloglovin|silverreader|readkit|reeder|pulp/|downcast|castro|breaker/|pdrl\.fm|trackable",
    # looks at pages for a living
    r"monitor|uptime|health ?(?:check|service)|check(?:er|ing)?\b|linkcheck|validat|probe|(?<!cam)scan(?:ner)?\b|inspect|detect",
    r"audit|analy[sz]er|analytics|classifier|semantic|synthetic|lighthouse|page ?speed|gtmetrix|speedcurve|pageburst|observatory",
    r"pingdom|statuscake|site24x7|dejaclick|gomezagent|splunk|datadog|webgazer|hexometer|monit/|munin|xymon|hobbit|collectd|kube-",
    r"browsershots|grabber|retriever|capture|download|extract|exractor|transcoder|preview|proxy|expander|resolver|optimizer",
    r"wappalyzer|dataprovider|morningscore|sistrix|ezooms|backlink|tag ?inspector|seo\b|seopult|leadgen|collector|searchengine",
    r"adwords|mediapartners|googleweblight|google[_ -](?:partner|search console|messages|display|cloud)|googlemessages|duplexweb",
    r"catalog|advisor|wechatdevtools|webpurify|burpcollaborator|jorgee|nuclei|nikto|sqlmap|arachni|fuzz|xtate|hydra",
    r"duckduckgo/\d+ \(?c|duckduckgo/0|ddg[_-]android|swcd|logic-apps|web ?parser|hwcdn|\bcron\b|clamav|sixy\.ch|integration",
    # drives a browser, or is none
    r"headless|phantomjs|puppeteer|playwright|selenium|webdriver|cypress/|cursor/|claude-?code|openai|mixnode|sparkler",
    r"pinger\b|chatgpt|firephp|daum 4|offbyone|amaya|webcollage|(?<!lib)http(?!s?://(?:www\.)?(?:fluidapp|palm))|libwww-perl|lwp\b|curl|wget",
    r"python|perl|ruby|\bjava/|php|go-resty|grpc|okhttp|axios|undici|guzzle|request-promise|rest-client|restsharp|postman|winhttp",
    r"@[a-z][\w.-]+\.|(?<!\bcom)\.com\b|www\.|compatible; (?:cloudflare|yeti|trance|ort/|jobhunter|facebook)|cloudflare|godzilla",
)

_WORD: Final = re.compile("|".join(_WORDS), re.IGNORECASE)

# Read from the first character on.
_SHAPES: Final = (
    r"[<|{]|[^(]{0,80}[|]|[^ ]{50,}$|\d+\b|(?:post|get) /",  # code, templates, attempts at injection, encrypted or bare numbers
    r"(?:chrome|ipad|iphone 6 plus;.*|default_user_agent|pisya)$|anonymous\b|thumbor\b",
    r"mozilla/\d\.\d(?: \([^)]{0,12}\))?$",
    r"mozilla/\d\.\d \((?:compatible; )?[a-z.]+/v?[\d.]+\)$",
    # Neither Mozilla nor anything in brackets: a program's name and version. Old phones and apps of phones excepted.
    r"(?!mozilla|amiga|voyager|.*windows phone|amazon-kendra|.*(?:cfnetwork|midp|dalvik|applewebkit|up\.browser|lynx|player|build/))[^(]*$",
)
_SHAPE: Final = re.compile("|".join(_SHAPES), re.IGNORECASE)


@lru_cache(_REMEMBERED_AGENTS)
def verdict(agent: str) -> Verdict:
    """
    Is this agent a browser that a person looks at?

    Args:
        agent: the ``User-Agent`` header; what is beyond 512 characters is not looked at.
    """
    agent = agent[:AGENT_MAX_CHARS].strip()
    if not agent or agent == "-":
        return Verdict.NO_AGENT
    if _IN_APP.search(agent):
        return Verdict.WORD if _WORD.search(agent) else Verdict.BROWSER
    if any(part.search(agent) for part in _listed()):
        return Verdict.LISTED
    if _WORD.search(agent):
        return Verdict.WORD
    if _SHAPE.match(agent):
        return Verdict.SHAPE
    return Verdict.BROWSER


@lru_cache(_REMEMBERED_AGENTS)
def family(agent: str) -> str:
    """
    What kind of bot it is, coarsely: "googlebot", "python-requests", or the verdict itself; never what else the agent says.

    The letters of the entry that matches, not those of the agent. "" for a browser.
    """
    found = verdict(agent)
    agent = agent[:AGENT_MAX_CHARS].strip()
    if found is Verdict.LISTED:
        pattern = next(pattern for pattern in _patterns() if re.search(pattern, agent, re.IGNORECASE))
        name = _LETTERS.findall(pattern.replace("\\", " "))
        return "-".join(dict.fromkeys(map(str.lower, name)))[:30] if name else found.value
    if found is Verdict.WORD and (word := _WORD.search(agent)) is not None:
        # Some of the words let pass what they don't name, such as the host of an e-mail address.
        said = word[0].strip().lower()
        return said if said.isalpha() and said.isascii() and len(said) <= _FAMILY_MAX_CHARS else found.value
    return found.value


@cache
def _patterns() -> tuple[str, ...]:
    import crawleruseragents

    return tuple(entry["pattern"] for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA)


@cache
def _listed() -> tuple[re.Pattern[str], ...]:
    """The patterns of crawler-user-agents, 25 to an expression: a single large one is slower."""
    patterns = _patterns()
    return tuple(
        re.compile("|".join(patterns[start : start + 25]), re.IGNORECASE) for start in range(0, len(patterns), 25)
    )
