"""What several rooms need: the command as a newcomer types it, and one simulated site that is analysed once for all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no error: no test is judged by the time that it takes. CI looks at the same examples each time, so that a failure
# there is one of the change; on a desk each run looks at new ones.
settings.register_profile(
    "telpunt", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("telpunt")

Telpunt = Callable[..., "subprocess.CompletedProcess[bytes]"]


def run_telpunt(data: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run ``telpunt`` as a process of its own on the data folder *data*."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TELPUNT_")}
    return subprocess.run(
        [sys.executable, "-m", "dashboard.cli", *arguments],
        capture_output=True,
        check=False,
        timeout=300,
        env={**environment, "TELPUNT_DATA": str(data)},
        **options,  # type: ignore[call-overload]
    )


@pytest.fixture
def telpunt(tmp_path: Path) -> Telpunt:
    """The command, on a data folder of the test's own."""
    return lambda *arguments, **options: run_telpunt(tmp_path / "data", *arguments, **options)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of ``telpunt demo --no-serve`` over six weeks; tests only read it."""
    data = tmp_path_factory.mktemp("demo") / "data"
    done = run_telpunt(data, "demo", "--days", "42", "--no-serve")
    assert done.returncode == 0, done.stderr.decode()
    return data
