"""
Posting a message to a webhook: signed, and without being a way into the network.

The signature is HMAC-SHA256, in hex, of the timestamp, a full stop and the body; the timestamp is signed too, so that a receiver can
refuse what was recorded and sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from collector.errors import TelpuntError
from collector.settings import Network
from dashboard.fetching import Alarm, Lookup, Refused, address_of, connect, look_up
from dashboard.mail_errors import BROKEN, BUSY, CERTIFICATE, SILENT, UNREACHABLE
from dashboard.owner.check import AGENT
from dashboard.scheduled import problems

TIMEOUT_S: Final = 15.0
ANSWER_MAX_BYTES: Final = 1024


class NotPosted(TelpuntError):
    """When a webhook did not take a message; *problem* is a word of :mod:`dashboard.scheduled.problems`, and neither names its address."""

    def __init__(self, problem: str, reason: str) -> None:
        self.problem = problem
        super().__init__(f"The webhook did not take the message ({reason})")


def signature(key: str, timestamp: int, content: bytes) -> str:
    """What the header X-Telpunt-Signature says."""
    return "v1=" + hmac.new(key.encode(), str(timestamp).encode() + b"." + content, hashlib.sha256).hexdigest()


def post(
    url: str,
    content: bytes,
    *,
    key: str,
    claim: str,
    now: int,
    networks: tuple[Network, ...] = (),
    timeout_s: float = TIMEOUT_S,
    lookup: Lookup = look_up,
) -> None:
    """
    Post *content*; redirects are not followed.

    Args:
        url: of https; plain http is for networks that TELPUNT_FETCH_NETWORKS names only, and no form takes it.
        key: that signs it.
        claim: what it is; the same for every try.
        now: seconds since 1970, for the signature.
        networks: whose addresses may be posted to though they are not public.

    Raises:
        NotPosted: it may not be posted to, does not answer in time, or answers with anything but 2xx.
    """
    alarm = Alarm(timeout_s)
    headers = {
        "User-Agent": AGENT,
        "Content-Type": "application/json",
        "Connection": "close",
        "X-Telpunt-Timestamp": str(now),
        "X-Telpunt-Signature": signature(key, now, content),
        "Idempotency-Key": hashlib.sha256(claim.encode()).hexdigest()[:32],
    }
    try:
        status = _once(url, content, headers, alarm, networks, lookup)
    except Refused:
        raise NotPosted(problems.NOT_PUBLIC, "its address is not public; see TELPUNT_FETCH_NETWORKS") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Its text may hold the address, which is a secret of Slack's and Teams'.
        if alarm.rang or isinstance(error, TimeoutError):
            raise NotPosted(SILENT, f"no answer in {timeout_s:.0f} s") from None
        raise NotPosted(_problem_of(error), type(error).__name__) from None
    finally:
        alarm.off()
    if not 200 <= status < 300:
        raise NotPosted(f"{_problem_of_status(status)} {status}", f"it answered {status}")


def _problem_of(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return CERTIFICATE
    return UNREACHABLE if isinstance(error, ConnectionRefusedError | socket.gaierror) else BROKEN


def _problem_of_status(status: int) -> str:
    """RFC 9110, 15. Slack answers 404 or 410 when the webhook or its channel is no more, 400 and 403 when it refuses."""
    if status in (404, 410):
        return problems.GONE
    if status in (408, 425, 429):
        return BUSY
    if 300 <= status < 400:
        return problems.MOVED
    return problems.DECLINED if 400 <= status < 500 else problems.FAILED


def _once(
    url: str, content: bytes, headers: dict[str, str], alarm: Alarm, networks: tuple[Network, ...], lookup: Lookup
) -> int:
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = address_of(host, port, networks, lookup)
    if parts.scheme not in ("http", "https") or (not secure and not _is_own(address, networks)):
        raise ValueError
    with connect(parts.scheme, host, address, port, alarm) as connected:
        connection = http.client.HTTPConnection(host, port, timeout=alarm.left())
        connection.sock = connected
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, content, headers)
        with connection.getresponse() as answer:
            answer.read(ANSWER_MAX_BYTES)
            return answer.status


def _is_own(address: str, networks: tuple[Network, ...]) -> bool:
    return any(ip_address(address.partition("%")[0]) in network for network in networks)
