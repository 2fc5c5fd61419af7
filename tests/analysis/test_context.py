"""What is counted of a visit beside its pattern."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis import fold
from analysis.store import Store
from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry, make_site
from tests.analysis.journals import MONDAY, hit, stage


@pytest.mark.parametrize("word", ["other", "none"])
def test_a_value_is_never_taken_for_what_is_held_back(tmp_path: Path, word: str) -> None:
    """A campaign or search of "(other)" or "(none)", as analytics tools write them, is counted without the brackets, once a visit."""
    folder = DataFolder(tmp_path / "data").prepare()
    settings = Settings(data=folder.path)
    sites = Registry.open(folder)
    sites.save(folder, make_site("s", ["example.nl"]))
    stage(
        folder,
        [
            hit(0, touchpoint="home", page="/", channel="campaign", campaign=f"({word})"),
            hit(5, kind="search", query=f"({word})", results=1),
            hit(9, kind="search", query=word, results=1),
        ],
    )
    now = datetime.fromtimestamp(MONDAY, UTC) + timedelta(hours=2)
    fold.fold(folder, settings, sites, now=now, close_all=True)
    found = {(row[3], row[4]): row[5] for row in Store(folder).read("s").iter_rows()}
    assert found["campaign", word] == 1
    assert found["search", word] == 1
    assert not any(value.startswith("(") for _, value in found)
