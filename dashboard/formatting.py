"""Numbers, dates and values as people read them, in the language of the page. All results are plain text: templates escape them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, get_day_names
from babel.numbers import format_decimal, format_percent
from flask import Flask
from flask_babel import get_locale
from jinja2 import pass_context
from jinja2.runtime import Context

from analysis import iso_weeks, words
from dashboard import language, shapes
from dashboard.language import gettext as _
from dashboard.views import NONE

ONE_IN_A_THOUSAND: Final = 0.001
NEARLY_ONE_IN_TEN: Final = 0.0995  # from here on the decimal would be rounded away
NOTHING: Final = "–"
MULTIPLES_FROM: Final = 9.0


def _locale() -> Locale:
    found: Locale | None = get_locale()
    return found or Locale.parse(language.LOCALES[language.DEFAULT])


def number(value: float) -> str:
    """A whole number with the language's thousands separator."""
    return str(format_decimal(round(value), locale=_locale()))


def percent(share: float | None) -> str:
    """A share (0 to 1) in percent, with one decimal under 10 %; what is smaller than 0.1 % says so."""
    if share is None:
        return NOTHING
    if 0 < share < ONE_IN_A_THOUSAND:
        return f"< {format_percent(ONE_IN_A_THOUSAND, '0.0%', locale=_locale())}"
    return str(format_percent(share, "0.0%" if share < NEARLY_ONE_IN_TEN else "0%", locale=_locale()))


def signed(share: float | None) -> str:
    """A change as a share of what was, in whole percent with its sign: +12 %; from ten times on as a multiple."""
    if share is None:
        return NOTHING
    if share >= MULTIPLES_FROM:
        return f"{format_decimal(share + 1, '#,##0', locale=_locale())} ×"
    return str(format_percent(share, "+0%;−0%", locale=_locale()))


def index(value: float | None) -> str:
    """An index without decimals: its interval is wider than that."""
    return NOTHING if value is None else number(value)


def times(value: float | None) -> str:
    """An index as a multiple of the average, with one decimal."""
    return NOTHING if value is None else str(format_decimal(value / 100, "#,##0.0", locale=_locale()))


def day(value: date | None) -> str:
    """A day, such as 22 Nov 2026."""
    return NOTHING if value is None else str(format_date(value, "d MMM y", locale=_locale()))


def short_day(value: date) -> str:
    """A day on an axis, such as 22 Nov 26."""
    return str(format_date(value, "d MMM yy", locale=_locale()))


def period(start: date, end: date) -> str:
    """A span of days, such as 26 Oct – 22 Nov 2026."""
    return str(format_interval(start, end, "yMMMd", locale=_locale()))


def week(text: str) -> str:
    """An ISO week (``2026-W47``) by its days, such as 16 – 22 Nov 2026; what is no ISO week comes back as it is."""
    monday = week_start(text)
    return text if monday is None else period(monday, monday + timedelta(days=6))


def week_start(text: str) -> date | None:
    """Monday of an ISO week, or None when the text is none."""
    try:
        return iso_weeks.monday(text)
    except ValueError:
        return None


def weekdays(width: Literal["abbreviated", "wide"] = "abbreviated") -> list[str]:
    """The names of the days, short or whole, Monday first."""
    names = get_day_names(width, locale=_locale())
    return [names[position] for position in range(7)]


def value(dimension: str, text: str) -> str:
    """The word for a value of a dimension; languages and countries by name, vacancies by the last part of their address."""
    if text == NONE:
        return _("none")
    if dimension == "language" and text.isalpha():
        return _language_name(text)
    if dimension == "country":
        return str(_locale().territories.get(text.upper(), text))
    if dimension == "vacancy":
        return _title_in_path(text)
    if dimension == "employment_type":
        return _employment_types().get(text.upper(), text)
    return words.value(dimension, text, language.current())


def dimension(name: str) -> str:
    """The heading over a dimension's values."""
    return words.dimension(name, language.current())


def measure(code: str) -> str:
    """What a figure of the site (:mod:`analysis.measures`) is called; one without a name as it is."""
    return {
        "visits": _("Visits"),
        "engaged": _("Engaged visits"),
        "vacancy_views": _("Visits to a vacancy"),
        "apply_starts": _("Starts of an application"),
        "handoffs": _("On to the application system"),
        "applications": _("Applications sent"),
        "searches": _("Visits with a search"),
        "searches_empty": _("Visits with a search in vain"),
        "job_alerts": _("Visits with a job alert"),
    }.get(code, code)


def _language_name(code: str) -> str:
    try:
        name = Locale.parse(code).get_display_name(_locale())
    except (UnknownLocaleError, ValueError):
        return code
    return name or code


def _title_in_path(path: str) -> str:
    """``/vacatures/monteur-gemalen/:id`` → monteur gemalen; a path without words comes back as it is."""
    parts = [part for part in path.split("/") if part and not part.startswith(":")]
    return parts[-1].replace("-", " ").replace(":id", "").strip() or path if parts else path


def _employment_types() -> dict[str, str]:
    """The values of https://schema.org/employmentType as Google reads them."""
    return {
        "FULL_TIME": _("full-time"),
        "PART_TIME": _("part-time"),
        "CONTRACTOR": _("contractor"),
        "TEMPORARY": _("temporary"),
        "INTERN": _("internship"),
        "VOLUNTEER": _("volunteer"),
        "PER_DIEM": _("by the day"),
        "OTHER": _("other"),
    }


def install(app: Flask) -> None:
    """Make these the template filters of *app*."""
    filters: dict[str, Callable[..., str]] = {
        "number": number,
        "percent": percent,
        "index": index,
        "signed": signed,
        "times": times,
        "day": day,
        "period": period,
        "week": week,
        "words_of": lambda text, name: value(name, text),
        "heading": dimension,
        "measure": measure,
    }
    app.jinja_env.filters.update({name: _per_request(function) for name, function in filters.items()})
    app.jinja_env.globals.update(weekdays=weekdays, bar=shapes.bar)


def _per_request(function: Callable[..., str]) -> Callable[..., str]:
    """Keep Jinja from working a filter of a constant out once, when it compiles the template, in the language of that moment."""

    @pass_context
    def run(_context: Context, *arguments: object) -> str:
        return function(*arguments)

    return run
