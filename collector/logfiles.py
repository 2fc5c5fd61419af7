"""
The bytes of an access log, as lines: plain or gzipped, from a file or from standard input, of any length, in flat memory.

A log is read in blocks, so that a file of one endless line costs no more memory than another. On the way its content is digested
(after unpacking, so that ``access.log`` and ``access.log.1.gz`` are recognised as the same).
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from collector.accesslog import LINE_MAX_BYTES
from collector.errors import UnreadableLog

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STANDARD_INPUT: Final = "-"
BLOCK_BYTES: Final = 1 << 20
_BUFFER_BYTES: Final = 1 << 20
_HEAD_BYTES: Final = 6  # tell every packer apart

_GZIP: Final = b"\x1f\x8b"
_FOREIGN: Final = {
    b"BZh": ("bzip2", "bunzip2 -c"),
    b"\xfd7zXZ": ("xz", "xz -dc"),
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd -dc"),
    b"PK\x03\x04": ("zip", "unzip -p"),
}
# What comes instead of a line that is longer than any: it does not parse, so it is counted as malformed.
ENDLESS: Final = b"\0"


class LogFile:
    """
    One access log that is being read.

    Attributes:
        name: what to call it in a message: the path as given, or "standard input".
        size: bytes read so far, after unpacking.
        digest: BLAKE2b of what was read so far, after unpacking, 32 hexadecimal digits.
        known: those of the digests asked for that the content begins with, with their sizes.
    """

    def __init__(self, name: str, raw: _Counted, known: Mapping[int, frozenset[str]]) -> None:
        self.name = name
        self.size = 0
        self.known: list[tuple[int, str]] = []
        self._raw = raw
        self._hash = blake2b(digest_size=16)
        self._wanted = sorted(known.items(), reverse=True)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def blocks(self) -> Iterator[list[bytes]]:
        """
        The lines, a megabyte at a time, without line ends.

        Raises:
            UnreadableLog: it is broken or cut off, can't be read further, or is packed in a way that is not known.
        """
        rest = b""
        endless = False
        for block in self._unpacked():
            *lines, rest = (rest + block).split(b"\n")
            if endless and lines:
                lines[0], endless = ENDLESS, False
            if endless or len(rest) > LINE_MAX_BYTES:
                rest, endless = b"", True
            yield lines
        if rest or endless:
            yield [ENDLESS if endless else rest]

    def _unpacked(self) -> Iterator[bytes]:
        try:
            buffered = io.BufferedReader(self._raw, _BUFFER_BYTES)
            head = buffered.peek(_HEAD_BYTES)
            for magic, (packer, unpack) in _FOREIGN.items():
                if head.startswith(magic):
                    raise UnreadableLog(
                        f"Access log {self.name} is packed with {packer}; expected text or gzip; unpack it: {unpack} FILE | telpunt import - …"
                    )
            content = gzip.GzipFile(fileobj=buffered) if head.startswith(_GZIP) else buffered
            while block := content.read(BLOCK_BYTES):
                self._digest(block)
                yield block
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableLog(
                f"Access log {self.name} is a broken gzip file ({'cut off' if isinstance(error, EOFError) else 'damaged'}); "
                "nothing was imported: fetch it again, or import what there is: zcat FILE | telpunt import - …"
            ) from None
        except OSError as error:
            raise UnreadableLog(
                f"Access log {self.name} cannot be read further ({error.strerror}); nothing was imported"
            ) from None

    def _digest(self, block: bytes) -> None:
        while self._wanted and self._wanted[-1][0] <= self.size + len(block):
            size, digests = self._wanted.pop()
            partial = self._hash.copy()
            partial.update(memoryview(block)[: size - self.size])
            if partial.hexdigest() in digests:
                self.known.append((size, partial.hexdigest()))
        self._hash.update(block)
        self.size += len(block)


@contextmanager
def open_log(path: str, known: Mapping[int, frozenset[str]], progress: Callable[[int], None]) -> Iterator[LogFile]:
    """
    Open one access log.

    Args:
        path: of the file, or ``-`` for standard input.
        known: digests to look out for, by the size of the content they are of (bytes): has the beginning of this one been seen?
        progress: called with the number of bytes that were read from the file since the last call.

    Raises:
        UnreadableLog: it is not there, is a folder, or may not be read.
    """
    if path == STANDARD_INPUT:
        yield LogFile("standard input", _Counted(sys.stdin.buffer, progress), known)
        return
    try:
        if Path(path).is_dir():
            raise UnreadableLog(f"Access log {path} is a folder; expected a file, such as {Path(path) / 'access.log'}")
        file = Path(path).open("rb", buffering=0)  # noqa: SIM115 (closed below; an error in opening must not look like one of the caller's)
    except OSError as error:
        raise UnreadableLog(
            f"Access log {path} cannot be read ({error.strerror}); expected a file that this user may read"
        ) from None
    with file:
        yield LogFile(path, _Counted(file, progress), known)


def total_bytes(paths: Iterable[str]) -> int | None:
    """The size of all files together for a progress bar, in bytes; None when it can't be known before."""
    total = 0
    for path in paths:
        if path == STANDARD_INPUT or not Path(path).is_file():
            return None
        total += Path(path).stat().st_size
    return total


class _Counted(io.RawIOBase):
    """A stream that tells how much was read from it. Its first read gives enough to see what it is, though a pipe gave less."""

    def __init__(self, stream: BinaryIO | io.FileIO, progress: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._progress = progress
        self._at_start = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        count = got = self._stream.readinto(view) or 0  # type: ignore[union-attr]
        while self._at_start and got and count < min(_HEAD_BYTES, len(view)):
            got = self._stream.readinto(view[count:]) or 0  # type: ignore[union-attr]
            count += got
        self._at_start = False
        self._progress(count)
        return count
