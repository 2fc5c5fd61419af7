from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import live
from collector.events import Hit
from collector.folder import DataFolder

NOW = 1_800_000_000
K = 10


def hit(visit: int, ago_s: int, *, channel: str = "direct", touchpoint: str = "vacancy", site: str = "acme") -> bytes:
    made = Hit(1, NOW - ago_s, site, f"{visit:016x}", "page_view", touchpoint=touchpoint, channel=channel)
    return msgspec.json.encode(made) + b"\n"


def folder_with(path: Path, text: bytes, name: str = "w1-1.ndjson.open") -> DataFolder:
    folder = DataFolder(path).prepare()
    folder.journal.mkdir(exist_ok=True)
    (folder.journal / name).write_bytes(text)
    return folder


def test_counts_the_visits_of_half_an_hour(tmp_path: Path) -> None:
    """Visits count once whatever their events, under the channel of their first page view; older ones and other sites do not."""
    text = b"".join(
        hit(visit, 2400, channel="job_board") + hit(visit, 60, channel="internal", touchpoint="apply")
        for visit in range(25)
    )
    text += b"".join(hit(visit, 1900) for visit in range(100, 120))
    text += b"".join(hit(visit, 10, site="other") for visit in range(200, 230))
    seen = live.look(folder_with(tmp_path, text), "acme", k=K, now=NOW)
    assert seen.visits == 20
    assert seen.channels == (("job_board", 20),)
    assert seen.touchpoints == (("apply", 20),)
    assert seen.slots == (0, 0, 0, 0, 0, 20)


def test_a_torn_or_broken_line_stops_nothing(tmp_path: Path) -> None:
    """The file that is being written may end in half a line, and hold a line that is nothing at all."""
    text = b"".join(hit(visit, 5) for visit in range(12)) + b"nonsense\n" + hit(99, 5)[:20]
    assert live.look(folder_with(tmp_path, text), "acme", k=K, now=NOW).visits == 10


def test_nothing_there(tmp_path: Path) -> None:
    """A fresh installation has no journal, no carry, and nothing live."""
    seen = live.look(DataFolder(tmp_path).prepare(), "acme", k=K, now=NOW)
    assert seen == live.Live(0, (0, 0, 0, 0, 0, 0), (), ())


@given(
    visits=st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 3000), st.sampled_from("ab"), st.sampled_from("xy")), max_size=120
    ),
    k=st.integers(1, 12),
)
def test_every_number_is_a_multiple_of_k(
    tmp_path_factory: pytest.TempPathFactory, visits: list[tuple[int, int, str, str]], k: int
) -> None:
    """Whatever happens on the site, no number that is shown rests on 1 to k-1 visits, and none differs from another by so few."""
    text = b"".join(hit(visit, ago, channel=channel, touchpoint=touch) for visit, ago, channel, touch in visits)
    folder = folder_with(tmp_path_factory.mktemp("live"), text)
    seen = live.look(folder, "acme", k=k, now=NOW)
    numbers = [seen.visits, *seen.slots, *(n for _, n in seen.channels), *(n for _, n in seen.touchpoints)]
    assert not [number for number in numbers if number % k]
