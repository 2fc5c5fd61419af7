"""The bytes of a log as lines: whatever they are and however they are packed."""

from __future__ import annotations

import gzip
import io
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import logfiles
from collector.accesslog import LINE_MAX_BYTES
from collector.errors import UnreadableLog
from collector.logfiles import ENDLESS, LogFile, _Counted, open_log

PACKED = (logfiles._GZIP, *logfiles._FOREIGN)


def lines_of(content: bytes, known: dict[int, frozenset[str]] | None = None) -> tuple[list[bytes], LogFile]:
    log = LogFile("access.log", _Counted(io.BytesIO(content), lambda _: None), known or {})
    return [line for block in log.blocks() for line in block], log


def digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


@given(
    content=st.binary(max_size=300).filter(lambda content: not content.startswith(PACKED)),
    size=st.integers(1, 50),
)
def test_lines(content: bytes, size: int) -> None:
    """The lines of any content are those between its line ends, in blocks of any size, packed or not; the digest is the content's."""
    expected = content.split(b"\n")
    if not expected[-1]:
        expected.pop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logfiles, "BLOCK_BYTES", size)
        for packed in (content, gzip.compress(content)):
            lines, log = lines_of(packed)
            assert lines == expected
            assert (log.size, log.digest) == (len(content), digest(content))


@given(st.binary(min_size=1, max_size=200).map(b"x".__add__), st.data())
def test_known_beginning(content: bytes, data: st.DataObject) -> None:
    """A digest of the beginning of the content is found, wherever it ends, and another one of that size is not."""
    size = data.draw(st.integers(1, len(content)))
    _, log = lines_of(content, {size: frozenset({digest(content[:size])}), size + 1: frozenset({digest(b"other")})})
    assert log.known == [(size, digest(content[:size]))]


def test_slow_pipe() -> None:
    """What is packed is recognised though a pipe gives one byte at a time."""

    class Slow(io.BytesIO):
        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            return super().readinto(buffer[:1])

    log = LogFile("standard input", _Counted(Slow(gzip.compress(b"a\nb\n")), lambda _: None), {})
    assert [line for block in log.blocks() for line in block] == [b"a", b"b"]


def test_members() -> None:
    """A gzip file of several members, as appending to one makes it, is read whole."""
    assert lines_of(gzip.compress(b"a\nb") + gzip.compress(b"c\n"))[0] == [b"a", b"bc"]


def test_endless() -> None:
    """A line that is too long is replaced by one that does not parse, and the next one is read."""
    long = b"x" * (3 * logfiles.BLOCK_BYTES)
    assert lines_of(b"a\n" + long + b"\nb\n" + long)[0] == [b"a", ENDLESS, b"b", ENDLESS]
    assert len(ENDLESS) < LINE_MAX_BYTES


def test_folder(tmp_path: Path) -> None:
    """A folder is named as one, with what was expected."""
    with (
        pytest.raises(UnreadableLog, match=r"is a folder; expected a file"),
        open_log(str(tmp_path), {}, lambda _: None),
    ):
        pass
