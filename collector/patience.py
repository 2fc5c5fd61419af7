"""
Clients that hold back the body of a request: how long they are waited for, and how many of one network.

A WSGI worker reads a body by a thread that waits, and has few threads (more would cost rate), so a handful of connections that promise
a body and never send it could stop it ("slow POST"; https://owasp.org/www-community/attacks/Slow_Http_Attack). Against that:

    - a network (IPv6: /64) may have a quarter of the threads in slow reads; what it sends beyond that is refused unread;
    - a network whose read takes ten seconds has its silent connections closed; one second when half of the threads are in slow reads,
      half a second when all are.

What it does not stop: slow reads from many networks at once. Then answers take seconds; a proxy that reads bodies before it passes them on
(nginx does by default) stops that, see ``docs/howto/proxy.md``.

Costs a request two operations on a dictionary. Closing needs Linux' TCP_INFO; elsewhere only the first rule holds.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from collector.settings import Network
from collector.traits import client_address, network_of

TICK_S: Final = 0.25
PATIENCE_S: Final = 10.0  # a telephone in a train tunnel
PATIENCE_HALF_S: Final = 1.0  # ... when half of the threads wait
PATIENCE_FULL_S: Final = 0.5  # ... when all wait
SHARE_OF_ONE_NETWORK: Final = 4  # a quarter of the threads

_HANDLES: Final = Path("/proc/self/fd")
_LAST_SENT: Final = 44  # of tcpi_last_data_sent in struct tcp_info of linux/tcp.h, a 32-bit number, in ms


class TooSlow(Exception):
    """When a body is not waited for, since enough of its network's are waited for."""


class Patience:
    """
    Reads bodies, and watches how long that takes.

    Args:
        threads: of this worker, that serve requests.
        trusted: networks of the proxies that are believed: a share is their client's, not theirs.
        clock: seconds that only go up.
    """

    def __init__(
        self, threads: int, trusted: Sequence[Network] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._trusted = trusted
        self._threads = threads
        self._most = max(1, threads // SHARE_OF_ONE_NETWORK)
        self._clock = clock
        self._reading: dict[int, dict[str, Any]] = {}  # by thread
        self._since: dict[int, tuple[dict[str, Any], float]] = {}  # what was being read at the last tick
        self._slow: Counter[str] = Counter()  # slow reads by network
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telpunt-patience", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End watching."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def read(self, environ: dict[str, Any], max_bytes: int) -> bytes:
        """
        Read the body of a request, at most *max_bytes* of it. What a closed connection did not send is not in it.

        Raises:
            TooSlow: it was not read, since its network has too many slow reads already.
        """
        if self._slow and self._slow[self._client_network(environ)] >= self._most:
            raise TooSlow
        me = threading.get_ident()
        self._reading[me] = environ
        try:
            body: bytes = environ["wsgi.input"].read(max_bytes)
        finally:
            del self._reading[me]
        return body

    def tick(self) -> int:
        """
        Look once; a read that was there at the last look is slow.

        Returns:
            How many connections were closed.
        """
        now = self._clock()
        since: dict[int, tuple[dict[str, Any], float]] = {}
        slow: Counter[str] = Counter()
        oldest: dict[str, float] = {}  # by the network that is connected
        for thread, environ in self._reading.copy().items():
            known = self._since.get(thread)
            first = known[1] if known is not None and known[0] is environ else now
            since[thread] = environ, first
            if first < now:
                slow[self._client_network(environ)] += 1
                network = network_of(environ["REMOTE_ADDR"])
                oldest[network] = min(first, oldest.get(network, first))
        self._since = since
        self._slow = slow
        patience_s = self._patience_s(slow.total())
        tried = {network for network, first in oldest.items() if now - first + TICK_S >= patience_s}
        return _close_silent(tried, patience_s) if tried else 0

    def _client_network(self, environ: dict[str, Any]) -> str:
        peer: str = environ["REMOTE_ADDR"]
        if self._trusted:
            named = environ.get("HTTP_X_FORWARDED_FOR", ""), environ.get("HTTP_FORWARDED", "")
            return network_of(client_address(peer, *named, self._trusted))
        return network_of(peer)

    def _patience_s(self, slow: int) -> float:
        if slow >= self._threads:
            return PATIENCE_FULL_S
        return PATIENCE_HALF_S if slow * 2 >= self._threads else PATIENCE_S

    def _run(self) -> None:
        while not self._stopping.wait(TICK_S):
            self.tick()


def _close_silent(networks: set[str], patience_s: float) -> int:
    """
    Close the connections from *networks* that were sent nothing for *patience_s*: that are waited for, or idle.

    Which of them a thread waits for, nobody tells; that one is among them, since an answer can't overtake its request.
    """
    closed = 0
    for connection in _connections():
        with connection:
            peer = _peer(connection)
            if peer and network_of(peer) in networks and _silent_s(connection) >= patience_s:
                with suppress(OSError):  # it ended by itself
                    connection.shutdown(socket.SHUT_RDWR)
                closed += 1
    return closed


def _connections() -> Iterator[socket.socket]:
    """The sockets of this process, each as a copy that the caller closes; none where the system does not list them."""
    if not (_HANDLES.is_dir() and hasattr(socket, "TCP_INFO")):
        return
    for handle in list(_HANDLES.iterdir()):
        try:
            copy = os.dup(int(handle.name))
        except OSError:  # closed since it was listed
            continue
        try:
            yield socket.socket(fileno=copy)
        except OSError:  # a file
            os.close(copy)


def _peer(connection: socket.socket) -> str:
    """Address of who is connected; "" for what is no connection over IP."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return ""
    try:
        return str(connection.getpeername()[0])
    except OSError:
        return ""


def _silent_s(connection: socket.socket) -> float:
    """Seconds since something was last sent to the client, or since it connected."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128)
    sent_ms: int
    (sent_ms,) = struct.unpack_from("=I", info, _LAST_SENT)
    return sent_ms / 1000
