"""A site's own rules: ordered, checked, and tried before they count."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from collector import rules
from collector.errors import InvalidSite
from collector.folder import DataFolder
from collector.sites import Registry, make_site

SITE = make_site("acme", ["werkenbij.acme.nl"])


def test_preview_names_the_rule_that_decides() -> None:
    """The first rule that matches decides, and its number is told; 0 is a default."""
    site = rules.add(rules.add(SITE, "/collega/*=story"), "/collega/vacature*=vacancy", position=1)
    assert rules.preview(
        site, ["/collega/vacature-1", "/collega/jan", "/vacatures", "https://werkenbij.acme.nl/Collega/x/"]
    ) == [
        ("/collega/vacature-1", "vacancy", 1),
        ("/collega/jan", "story", 2),
        ("/vacatures", "vacancy_list", 0),
        ("https://werkenbij.acme.nl/Collega/x/", "story", 2),
    ]
    assert rules.preview(rules.remove(site, 1), ["/collega/vacature-1"])[0].touchpoint == "story"
    assert SITE.rules == ()


@pytest.mark.parametrize(
    "text",
    ["", "story", "/x", "/x=", "/x=nonsense", "x=story", "/x=section:", "/x=section:Ä", "/" + "x" * 300 + "=story"],
)
def test_rules_that_cannot_be_used(text: str) -> None:
    """A rule without pattern or with an unknown touchpoint is refused with a sentence."""
    with pytest.raises(InvalidSite):
        rules.add(SITE, text)


def test_a_rule_that_is_not_there_cannot_be_removed() -> None:
    """Removing rule 1 of none is refused."""
    with pytest.raises(InvalidSite):
        rules.remove(SITE, 1)


def test_the_last_change_can_be_taken_back() -> None:
    """Undo gives the rules from before the last change of any kind, and a second time those after it."""
    one = rules.add(SITE, "/collega/*=story")
    two = rules.add(one, "/team/*=team")
    for changed in (rules.edit(two, 1, "/mens/*=story"), rules.remove(two, 2), rules.move(two, 2, 1)):
        assert rules.undo(changed).rules == two.rules
        assert rules.undo(rules.undo(changed)).rules == changed.rules
    assert rules.undo(SITE) is SITE


def test_rules_move_within_the_list() -> None:
    """A rule takes the place that is asked for; past an end means that end."""
    site = rules.add(rules.add(rules.add(SITE, "/a=story"), "/b=story"), "/c=story")
    assert [rule.path for rule in rules.move(site, 3, 1).rules] == ["/c", "/a", "/b"]
    assert [rule.path for rule in rules.move(site, 1, 99).rules] == ["/b", "/c", "/a"]
    with pytest.raises(InvalidSite):
        rules.move(site, 4, 1)


def test_the_command_shows_tries_and_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """telpunt site rules adds, tries without changing, and removes."""
    from dashboard.cli import main

    folder = DataFolder(tmp_path / "data").prepare()
    Registry.open(folder).save(folder, SITE)
    monkeypatch.setenv("TELPUNT_DATA", str(folder.path))
    run = CliRunner().invoke
    added = run(main, ["site", "rules", "acme", "--add", "/collega/*=story", "--try", "/collega/jan"])
    assert added.exit_code == 0, added.output
    assert "1\t/collega/*\tstory" in added.output
    assert "/collega/jan\tstory\trule 1" in added.output
    tried = run(main, ["site", "rules", "acme", "--try", "/vacatures"])
    assert "/vacatures\tvacancy_list\tdefault" in tried.output
    assert run(main, ["site", "rules", "acme", "--remove", "1"]).exit_code == 0
    assert Registry.open(folder)["acme"].rules == ()
