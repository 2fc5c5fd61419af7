from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.sharing.shelf import Shelf

ROOM_BYTES = 20


@given(puts=st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=30)), max_size=40))
def test_there_is_never_more_than_room_and_never_something_old(puts: list[tuple[str, bytes]]) -> None:
    """What comes back is what was last put under that key, and all of it together fits."""
    shelf, last = Shelf(ROOM_BYTES), dict[str, bytes]()
    for key, body in puts:
        shelf.put(key, body)
        last[key] = body
        found = [shelf.get(each) for each in last]
        assert all(kept in (None, body) for kept, body in zip(found, last.values(), strict=True))
        assert sum(len(kept or b"") for kept in found) <= ROOM_BYTES


def test_what_was_not_used_for_longest_goes() -> None:
    """A body that is asked for stays, one that is not makes room; one that is too large by itself pushes out nothing but its own forerunner."""
    shelf = Shelf(ROOM_BYTES)
    shelf.put("old", b"x" * 8)
    shelf.put("older", b"y" * 8)
    assert shelf.get("old")
    shelf.put("new", b"z" * 8)
    assert shelf.get("older") is None
    assert shelf.get("old") == b"x" * 8
    shelf.put("new", b"!" * (ROOM_BYTES + 1))
    assert shelf.get("new") is None
    assert shelf.get("old") == b"x" * 8
