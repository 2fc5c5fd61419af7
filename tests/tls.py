"""A certificate for 127.0.0.1, made by Debian's openssl, and what it takes to trust it."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate and its key, as PEM files."""

    key: Path
    made: Path

    def context(self) -> ssl.SSLContext:
        """Of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.made, self.key)
        return context

    def trust(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this process trust it, the way an administrator does with a certificate of their own."""
        monkeypatch.setenv("SSL_CERT_FILE", str(self.made))


def certificate(folder: Path) -> Certificate:
    """Make one; skips the test where there is no openssl."""
    key, made = folder / "key.pem", folder / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return Certificate(key, made)
