"""Looking at a folder in which others work is no error."""

from __future__ import annotations

import os

from analysis import files


def test_what_vanishes_while_one_looks_is_left_out(tmp_path, monkeypatch):
    """A file that is deleted between its listing and its look is not counted, and a folder that is not there is empty."""
    (tmp_path / "room").mkdir()
    for name in ("here", "gone"):
        (tmp_path / "room" / name).write_text("12345")
    listed = list(os.walk(tmp_path))
    (tmp_path / "room" / "gone").unlink()
    monkeypatch.setattr(os, "walk", lambda _: listed)
    assert [(path.name, found.st_size) for path, found in files.stats(tmp_path)] == [("here", 5)]
    monkeypatch.undo()
    assert list(files.stats(tmp_path / "nothing")) == []
