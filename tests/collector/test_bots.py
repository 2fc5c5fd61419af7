from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from collector import bots
from collector.bots import AGENT_MAX_CHARS, Verdict, verdict

DATA = Path(__file__).parents[3] / "shared" / "data" / "bots"

BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.31",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 380.0.0.30 (nl_NL)",
    "Mozilla/5.0 (Linux; Android 15; SM-S918B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;]",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Opera/9.80 (Android; Opera Mini/12.0.1987/37.7327; U; pl) Presto/2.12.423 Version/12.16",
]
AUTOMATED = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "Mozilla/5.0 (compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "python-requests/2.32.3",
    "python-httpx/0.28",
    "curl/8.5.0",
    "Wget/1.21",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
    "axios/1.7",
    "Java/17.0.2",
    "PostmanRuntime/7.43.0",
    "WhatsApp/2.23.20.0",
]


@pytest.mark.parametrize("agent", BROWSERS)
def test_browsers_pass(agent: str):
    """Common browsers, and apps that show a page inside themselves, are no bots."""
    assert verdict(agent) is Verdict.BROWSER


@pytest.mark.parametrize("agent", AUTOMATED)
def test_programs_do_not(agent: str):
    """Crawlers, AI crawlers, previews, monitors, headless browsers and HTTP libraries are bots."""
    assert verdict(agent)


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)", "gptbot"),
        ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Perplexity-User/1.0; +https://perplexity.ai)", "perplexity-user"),
        ("WhatsApp/2.23.20.0 A", "whatsapp"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "facebookexternalhit"),
        ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "uptimerobot"),
        ("NewRelicPinger/1.0 (1234)", "pinger"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0 Safari/537.36", "headlesschrome"),
    ],
)  # fmt: skip
def test_ai_crawlers_previews_monitors_and_headless_browsers_have_a_family(agent: str, family: str):
    """Who reads for a model, makes a preview, watches whether a site is up or drives a browser is a bot, and of a family."""
    assert verdict(agent)
    assert bots.family(agent) == family


@pytest.mark.parametrize("agent", ["", " ", "-"])
def test_no_agent_is_no_browser(agent: str):
    """Every browser says what it is."""
    assert verdict(agent) is Verdict.NO_AGENT


def test_a_long_agent_costs_no_more():
    """What is beyond 512 characters is not looked at."""
    assert verdict(BROWSERS[0] + " " * AGENT_MAX_CHARS + "Googlebot") is Verdict.BROWSER


def test_recall_and_precision_on_isbots_agents():
    """At least 97 % of isbot's crawlers are caught, and at most 0.5 % of its browsers flagged."""
    if not DATA.is_dir():
        pytest.skip("../shared/data/bots is not there")
    crawlers = _agents("crawlers.yml")
    browsers = _agents("browsers.yml")
    assert sum(bool(verdict(agent)) for agent in crawlers) >= 0.97 * len(crawlers)
    assert sum(bool(verdict(agent)) for agent in browsers) <= 0.005 * len(browsers)


def _agents(name: str) -> list[str]:
    return [agent for agents in yaml.safe_load((DATA / name).read_text(encoding="utf-8")).values() for agent in agents]


@given(st.text(max_size=200))
def test_the_family_of_a_bot_is_a_word(agent: str):
    """Whatever an agent says, its family is one word of ours or of the list, or nothing."""
    assert re.fullmatch("[a-z_-]{0,30}", bots.family("python " + agent))
    assert re.fullmatch("[a-z_-]{0,30}", bots.family(agent))
