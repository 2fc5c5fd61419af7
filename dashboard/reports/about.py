"""Chapter: how to read the numbers, and how far to trust them."""

from __future__ import annotations

from dashboard import formatting
from dashboard.language import gettext as _
from dashboard.reports.brief_facts import verdict
from dashboard.reports.model import Chapter, Fact, Facts, Section
from dashboard.reports.source import Source


def chapter(source: Source) -> Chapter:
    """Visits and the rule of *k*, intervals, the verdict."""
    run = source.overview.run
    reasons = run.reasons_nl if source.lang == "nl" and run.reasons_nl else run.reasons
    rest = source.overview.unclustered
    facts = [
        Fact(
            _("What is counted"),
            (
                _("Visits, not people: nobody is followed from one visit to the next, and the browser keeps nothing."),
                _(
                    "%(visits)s visits from %(period)s.",
                    visits=formatting.number(run.visits),
                    period=formatting.period(run.start, run.end),
                ),
                *weeks(source),
            ),
        ),
        Fact(
            _("The rule of k"),
            (
                _(
                    "Every figure rests on at least %(k)s visits (visits, not people). What is rarer is held back.", k=run.k
                ),
                _("What is held back is taken together, so that it can't be found by subtraction."),
            ),
        ),
        Fact(
            _("Audiences"),
            (
                _("An audience is a group of visits that behave alike. Where they came from is not used to find it, and describes it afterwards."),
                *([_("%(share)s of the visits fit no audience.", share=formatting.percent(rest.share))] if rest else []),
            ),
        ),
        Fact(
            _("Share and index"),
            (
                _("A share is the part of an audience's visits that has or does something."),
                _("An index compares it with the site: 100 is the site's average, 200 is twice as often."),
            ),
        ),
        Fact(
            _("Intervals"),
            (
                _("The interval is right 19 times out of 20. What is called more or less than average is more than chance."),
                _("That two things go together does not say that one causes the other."),
            ),
        ),
        Fact(_("How clear the picture is: %(verdict)s", verdict=verdict(run.verdict)), tuple(reasons)),
    ]  # fmt: skip
    return Chapter(
        "about",
        _("About the numbers"),
        (Section(_("How to read this report"), "", (Facts(tuple(fact for fact in facts if fact.sentences)),)),),
    )


def weeks(source: Source) -> tuple[str, ...]:
    """That what is told by week is of other days than the rest, where it is."""
    if not source.chosen or source.period is None:
        return ()
    span = formatting.period(source.period.start, source.period.end)
    return (_("Headline figures, lines over time and changes are of %(weeks)s; the rest is not.", weeks=span),)
