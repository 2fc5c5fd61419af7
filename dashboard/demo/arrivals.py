"""How the simulated visits come: what a browser would name as the page before, and the tags on the link."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final, NamedTuple

from dashboard.demo.employer import Odds


class Arrival(NamedTuple):
    """A referrer, "" for none, and tags without "?"; ``{id}`` in the tags stands for a click id, which nobody keeps."""

    referrer: str
    tags: str = ""


_GOOGLE = "https://www.google.com/"
_LINKEDIN = "https://www.linkedin.com/"

ARRIVALS: Final[Mapping[str, Odds[Arrival]]] = {
    name: Odds(ways)
    for name, ways in {
        "direct": {Arrival(""): 1},
        "google": {Arrival(_GOOGLE): 4, Arrival("https://www.google.nl/"): 1},
        "bing": {Arrival("https://www.bing.com/"): 3, Arrival("https://duckduckgo.com/"): 1},
        "google_ads": {Arrival(_GOOGLE, "utm_source=google&utm_medium=cpc&utm_campaign=zij-instroom&gclid={id}"): 1},
        "google_jobs": {
            Arrival(_GOOGLE, "utm_source=google_jobs_apply&utm_medium=organic&utm_campaign=google_jobs_apply"): 1,
        },
        "indeed": {
            Arrival("https://nl.indeed.com/", "utm_source=indeed&utm_medium=jobboard"): 3,
            Arrival("https://nl.indeed.com/"): 2,
            Arrival("https://nl.indeed.com/", "utm_source=indeed&utm_medium=cpc&utm_campaign=vakmensen-techniek"): 1,
        },
        "nvb": {Arrival("https://www.nationalevacaturebank.nl/"): 1},
        "technicus": {Arrival("https://www.technicus.nl/", "utm_source=technicus&utm_medium=jobboard&utm_campaign=vakmensen-techniek"): 1},
        "overheid": {Arrival("https://www.werkenvoornederland.nl/"): 1},
        "linkedin": {Arrival(_LINKEDIN): 2, Arrival("https://lnkd.in/"): 1},
        "linkedin_jobs": {Arrival("https://www.linkedin.com/jobs/", "utm_source=linkedin-jobs&utm_medium=jobboard"): 1},
        "linkedin_ads": {Arrival(_LINKEDIN, "utm_source=linkedin&utm_medium=paid-social&utm_campaign=verhalen-van-het-water&li_fat_id={id}"): 1},
        "facebook": {Arrival("https://m.facebook.com/"): 2, Arrival("https://l.facebook.com/", "fbclid={id}"): 1},
        "facebook_ads": {Arrival("https://m.facebook.com/", "utm_source=fb&utm_medium=paid_social&utm_campaign=vakmensen-techniek&fbclid={id}"): 1},
        "instagram": {Arrival("https://l.instagram.com/"): 1},
        "instagram_campaign": {
            Arrival("https://l.instagram.com/", "utm_source=instagram&utm_medium=social&utm_campaign=verhalen-van-het-water"): 1,
        },
        "jobmail": {Arrival("", "utm_source=jobmail&utm_medium=email&utm_campaign=vacature-alert"): 1},
        "newsletter": {Arrival("", "utm_source=nieuwsbrief&utm_medium=email&utm_campaign=personeelsnieuws"): 1},
        "intranet": {Arrival("https://intranet.waterland.example/"): 2, Arrival("https://www.waterland.example/"): 1},
        "school": {Arrival("https://www.hva.nl/"): 2, Arrival("https://www.inholland.nl/"): 1, Arrival("https://www.horizoncollege.nl/"): 1},
        "stagemarkt": {Arrival("https://stagemarkt.nl/"): 2, Arrival("https://www.stageplaza.nl/"): 1},
        "expat": {Arrival("https://www.iamexpat.nl/"): 1, Arrival("https://www.expatica.com/"): 1},
        "regional_news": {Arrival("https://www.noordhollandsdagblad.nl/"): 2, Arrival("https://www.nhnieuws.nl/"): 1},
        "open_day_ads": {
            Arrival("https://m.facebook.com/", "utm_source=facebook&utm_medium=paid_social&utm_campaign=open-dag&fbclid={id}"): 2,
            Arrival("https://l.instagram.com/", "utm_source=instagram&utm_medium=paid_social&utm_campaign=open-dag"): 1,
        },
        "open_day_mail": {Arrival("", "utm_source=uitnodiging&utm_medium=email&utm_campaign=open-dag"): 1},
        "open_day_poster": {Arrival("", "utm_source=poster&utm_medium=qr&utm_campaign=open-dag"): 1},
        "trainee_ads": {Arrival(_LINKEDIN, "utm_source=linkedin&utm_medium=paid-social&utm_campaign=traineeship&li_fat_id={id}"): 1},
        "chatgpt": {Arrival("https://chatgpt.com/", "utm_source=chatgpt.com"): 3, Arrival("", "utm_source=chatgpt.com"): 1},
        "copilot": {Arrival("https://copilot.microsoft.com/"): 1},
        "perplexity": {Arrival("https://www.perplexity.ai/"): 1},
        "gemini": {Arrival("https://gemini.google.com/"): 1},
    }.items()
}  # fmt: skip


def arrive(way: str, dice: Random) -> Arrival:
    """One arrival by *way*, with a click id of its own where the link has one."""
    arrival = ARRIVALS[way].draw(dice)
    if "{id}" not in arrival.tags:
        return arrival
    return Arrival(arrival.referrer, arrival.tags.replace("{id}", f"{dice.getrandbits(96):024x}"))
