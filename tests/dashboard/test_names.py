from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.folder import DataFolder
from collector.settings import Settings
from dashboard import database, names
from dashboard.names import GivenNames, InvalidName, clean_name


@pytest.fixture
def given_names(settings: Settings, folder: DataFolder) -> Iterator[GivenNames]:
    with database.opened(settings, folder) as engine:
        yield GivenNames(engine, lambda: 1_790_000_000)


def test_a_name_is_kept_replaced_and_taken_back(
    given_names: GivenNames, settings: Settings, folder: DataFolder
) -> None:
    """A name belongs to one segment of one site, the last one counts, and it can be undone."""
    given_names.give("demo", "a01", "First", by=None)
    given_names.give("demo", "a01", "Second", by=None)
    given_names.give("other", "a01", "Elsewhere", by=None)
    assert given_names.of("demo") == {"a01": "Second"}
    assert names.given(settings, folder, "demo") == {"a01": "Second"}
    given_names.take_back("demo", "a01")
    given_names.take_back("demo", "a01")
    assert given_names.of("demo") == {}
    assert given_names.of("other") == {"a01": "Elsewhere"}


@pytest.mark.parametrize("name", ["", "  \n ", "\u202e\u200b", "x" * 81])
def test_a_name_has_one_to_eighty_characters(given_names: GivenNames, name: str) -> None:
    """Nothing, or nothing that can be seen, is no name, and a long one is refused rather than cut."""
    with pytest.raises(InvalidName, match="expected 1 to 80"):
        given_names.give("demo", "a01", name, by=None)


@given(st.text())
def test_cleaning_settles(text: str) -> None:
    """Cleaning twice is cleaning once, and leaves no line break, control or direction character."""
    clean = clean_name(text)
    assert clean_name(clean) == clean
    assert not any(character in clean for character in "\n\r\t\x00\u202e\u2066\u200b")
