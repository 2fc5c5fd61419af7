"""
One HTTP body → beacons: what a page says happened, checked for size, type and kind.

What is not listed in :class:`Beacon` is not kept: fields with other names are skipped while reading and exist nowhere after.
A body that can't be meant is refused whole, with one sentence for the person who installs it; an empty array is such a body.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import msgspec

from collector.errors import TelpuntError
from collector.events import Kind
from collector.settings import Settings

TEXT_MAX_CHARS: Final = (
    4096  # longer than any address bar; what is longer than useful is cut later, by collector.cleaning
)

Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX_CHARS)]


class BeaconRefused(TelpuntError):
    """
    When a body is not one beacon or an array of beacons.

    Its text never repeats what was sent, since that can hold anything.

    Attributes:
        status: the HTTP status that says so: 400 or 413.
    """

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


# A value as schema.org writes it on a page: a text, a list of which the first counts, or an object whose name counts.
Loose = Text | list[Any] | dict[str, Any]


class BeaconJob(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Coarse facts of a vacancy as the page sends them; texts once read. Cleaned and cut later.

    Attributes:
        posted: days since, binned as in :class:`~collector.events.Job`, or a date, which is binned later.
        closes: days to go, alike.
    """

    family: Loose = ""
    employment_type: Loose = ""
    remote: bool = False
    location: Loose = ""
    posted: Loose = ""
    closes: Loose = ""

    def __post_init__(self) -> None:
        for field in ("family", "employment_type", "location", "posted", "closes"):
            value = getattr(self, field)
            if type(value) is not str:
                msgspec.structs.force_setattr(self, field, _first_text(value))


class Beacon(msgspec.Struct, omit_defaults=True):
    """
    One thing that happened on a page, as the page says it.

    Attributes:
        site: key of the site.
        kind: a :class:`~collector.events.Kind`; :func:`read` also takes the aliases below.
        url: address of the page.
        referrer: address of the page before; read in memory, never kept.
        engaged_ms: time that the page was visible and used, in milliseconds.
        depth_pct: how far the page was scrolled, in percent.
        query: search words.
        results: number of results of that search; -1: unknown.
        target: address of a hand-off, outbound link or download.
        name: name of a custom event, video or way of contact.
        job: coarse facts of the vacancy.
    """

    site: Text
    kind: Text
    url: Text
    referrer: Text = ""
    engaged_ms: int | float = 0
    depth_pct: int | float = 0
    query: Text = ""
    results: int | float = -1
    target: Text = ""
    name: Text = ""
    job: BeaconJob | None = None


# What people write who send beacons by hand, in the spelling of _squeeze(). A canonical kind needs no row.
_ALIASES: Final = {
    "pageview": Kind.PAGE_VIEW,
    "page": Kind.PAGE_VIEW,
    "view": Kind.PAGE_VIEW,
    "vacancyview": Kind.PAGE_VIEW,
    "engaged": Kind.ENGAGEMENT,
    "engagedtime": Kind.ENGAGEMENT,
    "sitesearch": Kind.SEARCH,
    "zeroresults": Kind.SEARCH,
    "noresults": Kind.SEARCH,
    "searchempty": Kind.SEARCH,
    "apply": Kind.APPLY_START,
    "applyclick": Kind.APPLY_START,
    "applicationstart": Kind.APPLY_START,
    "applicationstep": Kind.APPLY_STEP,
    "applied": Kind.APPLY_COMPLETE,
    "applysubmit": Kind.APPLY_COMPLETE,
    "submit": Kind.APPLY_COMPLETE,
    "applicationsubmit": Kind.APPLY_COMPLETE,
    "applicationcomplete": Kind.APPLY_COMPLETE,
    "atshandoff": Kind.HANDOFF,
    "jobalertsignup": Kind.JOB_ALERT,
    "savejob": Kind.SAVE,
    "recruitercontact": Kind.CONTACT,
    "videoplay": Kind.VIDEO,
    "filedownload": Kind.DOWNLOAD,
    "outboundlink": Kind.OUTBOUND,
    "event": Kind.CUSTOM,
}
_EMPTY_SEARCHES: Final = frozenset({"zeroresults", "noresults", "searchempty"})
_CANONICAL: Final = frozenset(kind.value for kind in Kind)
_KINDS: Final = _ALIASES | {kind.value.replace("_", ""): kind for kind in Kind}
_CALLABLE: Final = {
    kind.value.replace("_", ""): kind for kind in Kind if kind not in (Kind.PAGE_VIEW, Kind.ENGAGEMENT, Kind.CUSTOM)
}
_SEPARATORS: Final = re.compile(r"[\s_\-]+")
_FIRST_BRACKET: Final = re.compile(rb"\s*([\[{])")

_ONE: Final = msgspec.json.Decoder(Beacon)
_MANY: Final = msgspec.json.Decoder(list[Beacon])


def read(body: bytes, settings: Settings) -> list[Beacon]:
    """
    Read a body: one JSON object, or an array of at most ``batch_max_events``.

    Raises:
        BeaconRefused: 413 when the body or the batch is too large, 400 when it is not what is described above.
    """
    if len(body) > settings.body_max_bytes:
        raise BeaconRefused(
            413, f"The body is larger than {settings.body_max_bytes} bytes; send fewer events at a time"
        )
    bracket = _FIRST_BRACKET.match(body)
    if bracket is None:
        raise BeaconRefused(
            400, "The body is not a JSON object or array; expected an event with at least site, kind and url"
        )
    try:
        beacons = [_ONE.decode(body)] if bracket[1] == b"{" else _MANY.decode(body)
    except msgspec.ValidationError as error:
        beacons = _without_nulls(body, error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BeaconRefused(
            400, "The body is not valid JSON in UTF-8; expected an event with at least site, kind and url"
        ) from None
    if len(beacons) > settings.batch_max_events:
        raise BeaconRefused(
            413, f"The batch has {len(beacons)} events, more than {settings.batch_max_events}; send it in parts"
        )
    if not beacons:
        raise BeaconRefused(400, "The batch is empty; expected at least one event")
    for beacon in beacons:
        if beacon.kind not in _CANONICAL:
            _put_kind(beacon)
        elif beacon.kind == Kind.CUSTOM:
            _put_named_kind(beacon)
    return beacons


def _without_nulls(body: bytes, error: msgspec.ValidationError) -> list[Beacon]:
    """
    Read *body* as if the fields that are null were not there: JSON has no NaN, so a number that a page could not read is null.

    Raises:
        BeaconRefused: null was not what was wrong with it.
    """
    if b"null" in body:
        try:
            events = msgspec.json.decode(body)
            listed = [_filled(event) for event in (events if isinstance(events, list) else [events])]
            return msgspec.convert(listed, list[Beacon])
        except msgspec.ValidationError as second:
            error = second
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # The first mistake was one of meaning, and ended the reading; after it comes one of form.
            raise BeaconRefused(
                400, "The body is not valid JSON in UTF-8; expected an event with at least site, kind and url"
            ) from None
    # msgspec names the type and the path of the field, never the value.
    raise BeaconRefused(400, f"The event cannot be used: {error}") from None


def _filled(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _filled(inner) for name, inner in value.items() if inner is not None}


def _first_text(value: Any) -> str:
    """The text of a value as schema.org writes it; "" where there is none."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name", "")
    return value[:TEXT_MAX_CHARS] if isinstance(value, str) else ""


def _put_named_kind(beacon: Beacon) -> None:
    """``telpunt("apply_start")`` on a page is that kind of event, and no custom one; views and engagement are never made by name."""
    kind = _CALLABLE.get(_SEPARATORS.sub("", beacon.name[:64]).lower())
    if kind is not None:
        beacon.kind = kind.value
        beacon.name = ""


def _put_kind(beacon: Beacon) -> None:
    """Replace an alias by its kind: pageView, page-view and Page View are one."""
    squeezed = _SEPARATORS.sub("", beacon.kind[:64]).lower()
    kind = _KINDS.get(squeezed)
    if kind is None:
        raise BeaconRefused(400, f"The kind of an event is not known; expected one of: {', '.join(sorted(_CANONICAL))}")
    beacon.kind = kind.value
    if squeezed in _EMPTY_SEARCHES:
        beacon.results = 0
