"""A PostgreSQL of the tests' own, in a folder of its own and reached by a socket in it, where Debian's package is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@contextmanager
def serving() -> Iterator[str]:
    """A server without a single table; gives the SQLAlchemy URL of its database."""
    assert PROGRAMS, "PostgreSQL is not installed"
    # Not in the folder of the test: root may enter that, and the server refuses to be root.
    home = Path(tempfile.mkdtemp(prefix="telpunt-postgresql-"))
    root = os.geteuid() == 0
    owner = pwd.getpwnam("postgres").pw_uid if root else None
    if owner is not None:
        os.chown(home, owner, -1)
    data = home / "data"
    control = [PROGRAMS / "pg_ctl", "-D", data, "-s", "-w"]
    options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=owner, cwd=home, timeout=60)

    try:
        run(PROGRAMS / "initdb", "-D", data, "-U", "telpunt", "-A", "trust", "-E", "UTF8", "--no-sync")
        run(*control, "-o", options, "-l", home / "log", "start")
        try:
            yield f"postgresql+psycopg://telpunt@/postgres?host={quote(str(home))}"
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)
