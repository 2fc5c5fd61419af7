from __future__ import annotations

from pathlib import Path
from threading import Thread

from collector.events import DropReason
from collector.folder import DataFolder
from collector.outcomes import (
    ACCEPTED,
    EXAMPLES_KEPT_DAYS,
    EXAMPLES_MAX,
    KEPT_DAYS,
    Outcomes,
    read_all,
    read_bots,
    read_examples,
)

NOW = 1_790_000_000
TODAY = NOW // 86400


def test_counts_add_up_by_site_outcome_and_day():
    """An outcome is counted per site and day, and can be taken back."""
    outcomes = Outcomes()
    outcomes.add("a", ACCEPTED, NOW, 3)
    outcomes.add("a", ACCEPTED, NOW + 86400)
    outcomes.add("a", ACCEPTED, NOW, -1)
    outcomes.add("b", DropReason.BOT, NOW)
    assert outcomes.totals("a") == {ACCEPTED: 3}
    assert outcomes.totals() == {ACCEPTED: 3, "bot": 1}


def test_processes_are_summed(tmp_path: Path):
    """Every process has its own file; a reader sees the sum."""
    folder = DataFolder(tmp_path).prepare()
    first, second = Outcomes.open(folder, "worker"), Outcomes.open(folder, "worker")
    first.add("a", ACCEPTED, NOW, 2)
    second.add("a", ACCEPTED, NOW, 5)
    for outcomes in (first, second):
        outcomes.save(NOW)
        outcomes.save(NOW)
    assert read_all(folder) == {("a", ACCEPTED, TODAY): 7}
    first.close(NOW)
    second.close(NOW)


def test_the_next_process_goes_on(tmp_path: Path):
    """A new process takes the file of one that is gone, so that files do not pile up and no count is lost."""
    folder = DataFolder(tmp_path).prepare()
    for _ in range(3):
        outcomes = Outcomes.open(folder, "worker")
        outcomes.add("a", ACCEPTED, NOW)
        outcomes.close(NOW)
    assert read_all(folder) == {("a", ACCEPTED, TODAY): 3}
    assert len(list(folder.outcomes.iterdir())) == 1


def test_old_days_are_left_out(tmp_path: Path):
    """Counts are kept for 35 days."""
    folder = DataFolder(tmp_path).prepare()
    outcomes = Outcomes.open(folder, "worker")
    outcomes.add("a", ACCEPTED, NOW - (KEPT_DAYS + 1) * 86400)
    outcomes.add("a", ACCEPTED, NOW)
    outcomes.close(NOW)
    assert read_all(folder) == {("a", ACCEPTED, TODAY): 1}


def test_a_damaged_file_counts_nothing(tmp_path: Path):
    """A file that cannot be read stops nobody."""
    folder = DataFolder(tmp_path).prepare()
    (folder.outcomes / "worker-1.json").write_bytes(b'[["a","acc')
    assert read_all(folder) == {}
    Outcomes.open(folder, "worker").close(NOW)


def test_threads_lose_no_count():
    """Several threads that count at once lose nothing."""
    outcomes = Outcomes()

    def count() -> None:
        for _ in range(20_000):
            outcomes.add("a", ACCEPTED, NOW)

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.totals() == {ACCEPTED: 80_000}


def test_examples_stand_beside_the_counts(tmp_path: Path):
    """Examples of what was dropped come back by outcome, the most frequent first, over all processes, for a week."""
    folder = DataFolder(tmp_path).prepare()
    for hosts in (("a.example.com", "b.example.com"), ("b.example.com", "")):
        outcomes = Outcomes.open(folder, "worker")
        for host in hosts:
            outcomes.add("acme", DropReason.WRONG_HOST, NOW)
            outcomes.note("acme", DropReason.WRONG_HOST, NOW, host)
        outcomes.close(NOW)
    assert read_examples(folder, "acme", TODAY) == {"wrong_host": ["b.example.com", "a.example.com"]}
    assert read_examples(folder, "elsewhere", TODAY) == {}
    assert read_examples(folder, "acme", TODAY + 1) == {}
    later = Outcomes.open(folder, "worker")
    later.add("acme", ACCEPTED, NOW)
    later.close(NOW + (EXAMPLES_KEPT_DAYS + 1) * 86400)
    assert read_examples(folder, "acme", 0) == {}
    assert read_all(folder)[("acme", DropReason.WRONG_HOST, TODAY)] == 4


def test_examples_are_few(tmp_path: Path):
    """The attack: made-up hosts by the thousand. Only so many are kept, and what is known goes on counting."""
    folder = DataFolder(tmp_path).prepare()
    outcomes = Outcomes.open(folder, "worker")
    for number in range(1000):
        outcomes.add("acme", DropReason.WRONG_HOST, NOW)
        outcomes.note("acme", DropReason.WRONG_HOST, NOW, f"host-{number % 500}.example.com")
    outcomes.close(NOW)
    assert len(read_examples(folder, "acme", TODAY)["wrong_host"]) == EXAMPLES_MAX


def test_bots_are_counted_by_family(tmp_path: Path):
    """Bots are counted by site and family."""
    folder = DataFolder(tmp_path).prepare()
    outcomes = Outcomes.open(folder, "worker")
    for family in ("googlebot", "googlebot", "python"):
        outcomes.add("acme", DropReason.BOT, NOW)
        outcomes.note("acme", DropReason.BOT, NOW, family)
    outcomes.close(NOW)
    assert read_bots(folder) == {("acme", "googlebot"): 2, ("acme", "python"): 1}
