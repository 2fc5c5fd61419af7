from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from collector.app import IN_PIECES
from dashboard import streaming
from dashboard.compression import compress

MB = 1 << 20


def pieces(count: int, given: list[int]) -> Iterator[bytes]:
    for number in range(count):
        given.append(number)
        yield b"x" * MB


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(streaming, "WAIT_S", 0.001)
    app = Flask("small")
    streaming.install(app)
    return app


def test_what_is_small_is_sent_whole(app: Flask) -> None:
    """A file of up to 4 MB is one body with its length, and keeps no slot."""
    with app.test_request_context("/"):
        for _ in range(streaming.AT_ONCE + 1):
            answer = streaming.response(pieces(3, []), "text/csv")
            assert answer.content_length == 3 * MB


def test_what_is_large_goes_out_as_it_is_taken(app: Flask) -> None:
    """A larger file is made as fast as it is taken, is not put together to be compressed, and says so to the server."""
    given: list[int] = []
    with app.test_request_context("/", headers={"Accept-Encoding": "gzip"}) as context:
        answer = compress(streaming.response(pieces(100, given), "text/csv"))
        assert context.request.environ[IN_PIECES]
        body = iter(answer.response)
        assert len(given) <= 6
        assert sum(len(next(body)) for _ in range(10)) == 10 * MB
        assert len(given) <= 11


def test_only_so_many_are_on_their_way(app: Flask) -> None:
    """Beyond two large files at a time the next one is refused, until one is taken, given up or forgotten."""
    with app.test_request_context("/"):
        first, second = (streaming.response(pieces(100, []), "text/csv") for _ in range(2))
        with pytest.raises(streaming.Busy):
            streaming.response(pieces(100, []), "text/csv")
        first.close()
        first.close()  # what gives back twice must not make room for two
        third = streaming.response(pieces(100, []), "text/csv")
        with pytest.raises(streaming.Busy):
            streaming.response(pieces(100, []), "text/csv")
        del second
        streaming.response(pieces(100, []), "text/csv").close()
        assert sum(map(len, third.response)) == 100 * MB
        third.close()


def test_a_question_for_the_head_makes_no_file(app: Flask) -> None:
    """HEAD takes neither a piece nor a slot."""
    given: list[int] = []
    with app.test_request_context("/", method="HEAD"):
        streaming.response(pieces(100, given), "text/csv")
    assert given == []


def test_what_takes_long_needs_room_before_it_begins(app: Flask) -> None:
    """A file of many rows is refused before its first piece is made, when two are on their way; it gives its room back when it turns out small."""
    given: list[int] = []
    with app.test_request_context("/"):
        for _ in range(streaming.AT_ONCE + 1):
            assert streaming.response(pieces(3, []), "text/csv", rows=streaming.MANY_ROWS).content_length == 3 * MB
        held = [streaming.response(pieces(100, []), "text/csv") for _ in range(streaming.AT_ONCE)]
        with pytest.raises(streaming.Busy):
            streaming.response(pieces(100, given), "text/csv", rows=streaming.MANY_ROWS)
        with pytest.raises(streaming.Busy):
            streaming.response(pieces(1, given), streaming.WORKBOOK)
        assert given == []
        assert streaming.response(pieces(3, []), "text/csv").content_length == 3 * MB
        for one in held:
            one.close()


def test_a_few_wait_until_there_is_room(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes while two workbooks are made gets the third when one is done; beyond two who wait nobody does."""
    monkeypatch.setattr(streaming, "WAIT_S", 60.0)
    made: list[int | None] = []

    def ask() -> None:
        with app.test_request_context("/"):
            made.append(streaming.response(pieces(1, []), streaming.WORKBOOK).content_length)

    with app.test_request_context("/"):
        held = [streaming.response(pieces(100, []), "text/csv") for _ in range(streaming.AT_ONCE)]
        waiting = [threading.Thread(target=ask) for _ in range(streaming.WAITING)]
        for one in waiting:
            one.start()
        queue = app.extensions["telpunt.streaming.queue"]
        while queue._value:  # until both wait
            assert all(one.is_alive() for one in waiting)
            time.sleep(0.001)
        with pytest.raises(streaming.Busy):
            streaming.response(pieces(1, []), streaming.WORKBOOK)
        assert made == []
        for one in held:
            one.close()
    for one in waiting:
        one.join()
    assert made == [MB] * streaming.WAITING
