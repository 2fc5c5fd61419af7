"""Annotations of a site: read by every token, written by those of the scope annotate whose owner is an editor there."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final, NoReturn

from flask import Response, request

from dashboard.access import public
from dashboard.annotations import COLUMNS, KINDS, ROWS_MAX, Annotation, InvalidAnnotation, parse
from dashboard.api import answers, asked, door
from dashboard.api.problems import refuse
from dashboard.people.tokens import Scope
from dashboard.services import services

DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
LIST_MAX_BYTES: Final = 500_000
NEEDED: Final = ("start", "text")
EXPECTED: Final = "an object with the texts start and text, and if wanted end and kind"


@public
def noted(key: str) -> Response:
    """The annotations of a site, newest first."""
    asked.only("limit", "cursor")
    return answers.part_of([_told(one) for one in services().annotations.of(door.site_for(key).key)])


@public
def one(key: str, identity: int) -> Response:
    """One annotation."""
    asked.only()
    return answers.whole(_told(_found(door.site_for(key).key, identity)))


@public
def annotate(key: str) -> Response:
    """Adds an annotation, or each of a list, all or none; what is there already is not kept twice."""
    asked.only()
    site = door.site_for(key, Scope.ANNOTATE)
    request.max_content_length = LIST_MAX_BYTES
    sent = asked.body(f"{EXPECTED}, or a list of such")
    if isinstance(sent, list) and not 1 <= len(sent) <= ROWS_MAX:
        refuse(HTTPStatus.BAD_REQUEST, f"The list has {len(sent)} annotations; expected 1 to {ROWS_MAX}.")
    many = isinstance(sent, list)
    made = [
        _parsed(each, f"Annotation {number}: " if many else "")
        for number, each in enumerate(sent if many else [sent], 1)
    ]
    try:
        added = services().annotations.add(site.key, made, by=door.grant().account.id)
    except InvalidAnnotation as error:
        refuse(HTTPStatus.CONFLICT, f"{error}.")
    there = {_words(each): each for each in reversed(services().annotations.of(site.key))}
    kept = [there.get(_words(each)) for each in made]
    if None in kept:
        refuse(HTTPStatus.CONFLICT, "An annotation was removed while it was added; send it again.")
    told = [_told(each) for each in kept if each]
    body = {"added": added, "rows": told} if many else told[0]
    return answers.answer(body, status=HTTPStatus.CREATED if added else HTTPStatus.OK)


@public
def replace(key: str, identity: int) -> Response:
    """Puts another annotation in the place of one."""
    asked.only()
    site = door.site_for(key, Scope.ANNOTATE)
    return _changed(site.key, identity, _parsed(asked.body(EXPECTED)))


@public
def change(key: str, identity: int) -> Response:
    """Changes parts of an annotation."""
    asked.only()
    site = door.site_for(key, Scope.ANNOTATE)
    sent = _texts(asked.body(EXPECTED))
    if not sent:
        refuse(HTTPStatus.BAD_REQUEST, "There is nothing to change; expected one or more of start, end, kind and text.")
    old = _found(site.key, identity)
    kept = {"start": old.start.isoformat(), "end": old.end.isoformat(), "kind": old.kind, "text": old.text}
    return _changed(site.key, identity, _parsed({**kept, **sent}))


@public
def remove(key: str, identity: int) -> Response:
    """Forgets an annotation."""
    asked.only()
    site = door.site_for(key, Scope.ANNOTATE)
    if not services().annotations.remove(site.key, identity):
        _refuse_unknown(site.key, identity)
    return Response(status=HTTPStatus.NO_CONTENT)


def _changed(site: str, identity: int, to: Annotation) -> Response:
    if not services().annotations.change(site, identity, to):
        _refuse_unknown(site, identity)
    return answers.answer(_told(_found(site, identity)))


def _found(site: str, identity: int) -> Annotation:
    found = next((each for each in services().annotations.of(site) if each.id == identity), None)
    return found or _refuse_unknown(site, identity)


def _refuse_unknown(site: str, identity: int) -> NoReturn:
    refuse(HTTPStatus.NOT_FOUND, f"Site {site!r} has no annotation {identity}; see /api/v1/sites/{site}/annotations.")


def _told(of: Annotation) -> dict[str, Any]:
    return {"id": of.id, "start": of.start, "end": of.end, "kind": of.kind, "text": of.text}


def _words(of: Annotation) -> tuple[Any, ...]:
    return of.start, of.end, of.kind, of.text


def _parsed(sent: Any, which: str = "") -> Annotation:
    texts = _texts(sent, which)
    for name in NEEDED:
        if name not in texts:
            refuse(HTTPStatus.BAD_REQUEST, f"{which}{name} is missing; expected {EXPECTED}.")
    try:
        return parse(texts["start"], texts.get("end", ""), texts.get("kind", "other"), texts["text"])
    except InvalidAnnotation as error:
        refuse(HTTPStatus.BAD_REQUEST, f"{which}{error}.")


def _texts(sent: Any, which: str = "") -> dict[str, str]:
    if not isinstance(sent, dict):
        refuse(HTTPStatus.BAD_REQUEST, f"{which}This is no object; expected {EXPECTED}.")
    for name, text in sent.items():
        if name not in COLUMNS or not isinstance(text, str):
            refuse(HTTPStatus.BAD_REQUEST, f"{which}{name[:40]!r} is not known, or no text; expected {EXPECTED}.")
        if name == "kind" and text not in KINDS:
            refuse(HTTPStatus.BAD_REQUEST, f"{which}kind is {text[:40]!r}; expected {', '.join(KINDS)}.")
        if name in ("start", "end") and not DAY.fullmatch(text):
            refuse(HTTPStatus.BAD_REQUEST, f"{which}{name} is {text[:40]!r}; expected a day such as 2026-11-22.")
    return sent
