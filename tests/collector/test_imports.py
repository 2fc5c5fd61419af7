"""The second door: what of an access log becomes hits, all or nothing, and never twice by mistake."""

from __future__ import annotations

import gzip
import io
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from collector.errors import FolderBusy, UnreadableLog
from collector.events import DropReason
from collector.folder import DataFolder
from collector.importreport import WHY
from collector.imports import import_logs
from collector.logfiles import BLOCK_BYTES, total_bytes
from collector.settings import Settings
from collector.sites import Registry, Site, make_site
from tests.accesslogs import ADDRESS, FIREFOX, GOOGLEBOT, NOW, hits, line, run, write

REAL_LOG = Path(__file__).parents[3] / "shared" / "data" / "logs" / "combined_2015.log.gz"


@pytest.fixture
def site() -> Site:
    return make_site("acme", ["werkenbij.example.org"])


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> DataFolder:
    folder = DataFolder(tmp_path / "data").prepare()
    Registry.open(folder).save(folder, site)
    return folder


def test_every_line_counts_once(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """Every line is a page view, a download or a drop with its reason, and the report adds up."""
    path = write(
        tmp_path,
        [
            line("/"),
            line("/vacatures/monteur"),
            line("/brochure.pdf"),
            line("/site.css"),
            line("/", agent=GOOGLEBOT),
            line("/", agent="-"),
            line("/", method="HEAD"),
            line("/", status=404),
            line("/wp-admin/index.php"),
            line("/", when="23/Nov/2026:10:00:00 +0100"),
            line("http://elsewhere.example.net/"),
            "Nov 20 10:00:00 host kernel: not an access log",
            "",
        ],
    )
    report = run(folder, site, path)
    assert (report.lines, report.page_views, report.downloads) == (13, 2, 1)
    assert report.dropped == {
        DropReason.ASSET: 1,
        DropReason.BOT: 2,
        DropReason.METHOD: 1,
        DropReason.ERROR_STATUS: 1,
        DropReason.INTERNAL: 1,
        DropReason.FUTURE: 1,
        DropReason.WRONG_HOST: 1,
        DropReason.MALFORMED: 2,
    }
    assert report.malformed_at == [(path, 12), (path, 13)]
    assert Counter(hit.kind for hit in hits(folder)) == {"page_view": 2, "download": 1}
    assert all(f"{reason.value:<13} {WHY[reason]}" in str(report) for reason in report.dropped)


def test_same_pipeline(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A line becomes what a live event of that time would be: touchpoint, channel, campaign, device, and the log's own time."""
    path = write(
        tmp_path, [line("/vacatures?utm_source=indeed&utm_campaign=najaar", referrer="https://nl.indeed.com/x?y=z")]
    )
    run(folder, site, path)
    [hit] = hits(folder)
    assert (hit.t, hit.site, hit.kind) == (int(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp()), "acme", "page_view")
    assert (hit.touchpoint, hit.page, hit.channel, hit.source, hit.campaign) == (
        "vacancy_list", "/vacatures", "job_board", "indeed", "najaar",
    )  # fmt: skip
    assert (hit.device, hit.language) == ("desktop", "")


def test_visits_stay_together(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """Lines of one address and agent have one token, in any order of time and across files; others have another."""
    first = write(tmp_path, [line("/", when="20/Nov/2026:10:05:00 +0100"), line("/", address="198.18.0.9")], "a.log")
    second = write(tmp_path, [line("/vacatures", when="20/Nov/2026:09:00:00 +0000")], "b.log.gz")
    run(folder, site, first, second)
    tokens = Counter(hit.visit for hit in hits(folder))
    assert sorted(tokens.values()) == [1, 2]


def test_search(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A search on the site is a hit of its own, with its words; campaign tags are none."""
    path = write(tmp_path, [line("/vacatures?utm_source=x&q=stage+rechten"), line("/?s="), line("/?page=2")])
    report = run(folder, site, path)
    assert (report.page_views, report.searches) == (3, 1)
    assert [hit.query for hit in hits(folder) if hit.kind == "search"] == ["stage rechten"]


def test_common_format(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A log without agents is imported, and the report says what that means."""
    path = write(tmp_path, [f'{ADDRESS} - - [20/Nov/2026:10:00:00 +0100] "GET /vacatures HTTP/1.1" 200 512'] * 3)
    report = run(folder, site, path)
    assert report.page_views == 3
    assert "no agents" in str(report)
    with pytest.raises(UnreadableLog, match="combined format"):
        run(folder, site, path, format="combined", again=True)


def test_behind_a_proxy(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """X-Forwarded-For after the agent is believed when a trusted proxy wrote the line, and otherwise the report says what is odd."""
    lines = [line(address="10.0.0.7") + f' "198.18.0.{number}"' for number in range(30)]
    path = write(tmp_path, lines)
    assert "one address" in str(run(folder, site, path))
    assert len({hit.visit for hit in hits(folder)}) == 1
    settings = Settings(data=folder.path, trusted_proxies="10.0.0.0/8")  # type: ignore[arg-type]
    report = import_logs([path], site, settings, folder, clock=lambda: NOW, again=True)
    assert "one address" not in str(report)
    assert len({hit.visit for hit in hits(folder)}) == 31


def test_windows_line_ends_and_bad_utf8(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """Line ends of Windows, a last line without one, and bytes that are not UTF-8 do no harm."""
    path = tmp_path / "access.log"
    path.write_bytes(f"{line('/')}\r\n{line('/vacatures')}".encode().replace(b"/vacatures", b"/vacatures/\xff\xe9"))
    assert run(folder, site, str(path)).page_views == 2


def test_standard_input(folder: DataFolder, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` reads standard input, gzipped or not."""
    for content in (f"{line('/')}\n".encode(), gzip.compress(f"{line('/vacatures')}\n".encode())):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        assert run(folder, site, "-").page_views == 1
    assert total_bytes(["-"]) is None


def test_progress(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """Progress adds up to the size of the files as they lie on the disk."""
    paths = [write(tmp_path, [line("/")] * 500, "a.log.gz"), write(tmp_path, [line("/vacatures")] * 500, "b.log")]
    done: list[int] = []
    run(folder, site, *paths, progress=done.append)
    assert sum(done) == total_bytes(paths)


def test_endless_line(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A line of several megabytes is one malformed line, and the lines around it count."""
    path = tmp_path / "access.log"
    path.write_bytes(
        f"{line('/')}\n".encode()
        + b"x" * (3 * BLOCK_BYTES)
        + f"\n{line('/vacatures')}\n".encode()
        + b"y" * 2 * BLOCK_BYTES
    )
    report = run(folder, site, str(path))
    assert (report.lines, report.page_views, report.dropped[DropReason.MALFORMED]) == (4, 2, 2)


@pytest.mark.parametrize("content", [b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40, b"name,visits\n" * 2000, b"junk"])
def test_not_a_log(content: bytes, folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A file that is no access log is refused in one sentence that repeats nothing of it."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(UnreadableLog, match=r"notes\.txt is not one: .* lines cannot be read") as caught:
        run(folder, site, str(path))
    assert "name,visits" not in str(caught.value)
    assert hits(folder) == []


def test_mostly_malformed_later(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """Half a log of malformed lines is still a log."""
    report = run(folder, site, write(tmp_path, [line("/"), "junk"] * 600))
    assert (report.page_views, report.dropped[DropReason.MALFORMED]) == (600, 600)
    assert len(report.malformed_at) == 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "cannot be read"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(gzip.compress(f"{line()}\n".encode() * 5000)[:-300]), "broken gzip"),
        (lambda path: path.write_bytes(b"\x1f\x8b\x08\x00" + b"x" * 100), "broken gzip"),
        (lambda path: path.write_bytes(b"BZh91AY&SY" + b"x" * 100), "bzip2"),
        (lambda path: path.write_bytes(b"\x28\xb5\x2f\xfd" + b"x" * 100), "zstd"),
    ],
)
def test_unreadable(make: object, message: str, folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A log that can't be read to its end imports nothing, not even the good one before it."""
    good = write(tmp_path, [line("/")], "good.log")
    make(tmp_path / "bad.log")  # type: ignore[operator]
    with pytest.raises(UnreadableLog, match=message):
        run(folder, site, good, str(tmp_path / "bad.log"))
    assert hits(folder) == []
    assert run(folder, site, good).page_views == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A log that this user may not read is named with the reason."""
    path = write(tmp_path, [line()])
    Path(path).chmod(0)
    with pytest.raises(UnreadableLog, match="Permission denied"):
        run(folder, site, path)


def test_empty(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """An empty log is no error: today's may have no line yet. It may come again."""
    path = write(tmp_path, [])
    assert "no line" in str(run(folder, site, path))
    run(folder, site, path)


def test_one_at_a_time(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """Two imports at a time could both miss that the log is known, so the second one is refused."""
    with folder.hold("import"), pytest.raises(FolderBusy):
        run(folder, site, write(tmp_path, [line("/")]))


def test_killed(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """An import that is killed half-way has imported nothing, and the next one imports all."""
    path = write(tmp_path, [line("/", address=f"198.18.{number % 250}.1") for number in range(10_000)], "access.log.gz")
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from collector.folder import DataFolder\n"
        "from collector.imports import import_logs\n"
        "from collector.ledger import NotedStage\n"
        "from collector.settings import Settings\n"
        "from collector.sites import Registry\n"
        "NotedStage.note = lambda stage, entries: os.kill(os.getpid(), 9)\n"
        "folder = DataFolder(Path(sys.argv[1]))\n"
        f"import_logs([sys.argv[2]], Registry.open(folder)['acme'], Settings(), folder, clock=lambda: {NOW})\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder.path), path], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert list(folder.journal.glob(".import-*.part/*.ndjson"))
    assert hits(folder) == []
    assert not list(folder.journal.glob(".import-*.part"))
    assert run(folder, site, path).page_views == 10_000


def test_full_disk(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """When the disk is full nothing of the log counts, and one sentence says so."""
    path = write(tmp_path, [line("/", address=f"198.18.{number % 250}.1") for number in range(1_000)])
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from collector.folder import DataFolder\n"
        "from collector.imports import import_logs\n"
        "from collector.settings import Settings\n"
        "from collector.sites import Registry\n"
        "folder = DataFolder(Path(sys.argv[1]))\n"
        "site = Registry.open(folder)['acme']\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        f"import_logs([sys.argv[2]], site, Settings(), folder, clock=lambda: {NOW})\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder.path), path], check=False, capture_output=True)
    assert b"FolderNotWritable: Data folder" in done.stderr
    assert b"nothing was imported" in done.stderr
    assert b"198.18." not in done.stderr
    assert hits(folder) == []
    assert list(folder.journal.iterdir()) == []


def test_all_dropped(folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """A log of which nothing is kept leaves nothing behind, and may come again."""
    path = write(tmp_path, [line("/", agent=GOOGLEBOT)])
    for _ in range(2):
        assert run(folder, site, path).kept == 0
    assert list(folder.journal.iterdir()) == []


def test_nothing_personal(folder: DataFolder, site: Site, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither address nor agent nor the path of a referrer is in the data folder, in the report, or in what is printed."""
    agent = FIREFOX.replace("Firefox/144.0", "Firefox/144.0 Zeldzaam/7")
    lines = [line("/", referrer="https://nieuws.example.net/geheim/pad?x=1", agent=agent)] * 40
    lines += [f"{ADDRESS} is malformed {agent}", line("/", agent=GOOGLEBOT), line("http://198.18.77.202/")]
    report = run(folder, site, write(tmp_path, lines))
    seen = b"".join(path.read_bytes() for path in folder.path.rglob("*") if path.is_file())
    seen += str(report).encode() + repr(report).encode() + "".join(capfd.readouterr()).encode()
    assert b"nieuws.example.net" in seen or b"example.net" in seen
    for secret in (ADDRESS, "198.18.77.202", "Zeldzaam", "Firefox", "geheim", "is malformed"):
        assert secret.encode() not in seen


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ([line("http://www.acme.example/")] * 30, "if that host is yours"),
        ([line("/", referrer="https://www.acme.example/x")] * 30, "is this site"),
        ([line("/x.png")] * 3, "most lines .* dropped as asset"),
    ],
)
def test_hints(lines: list[str], hint: str, folder: DataFolder, site: Site, tmp_path: Path) -> None:
    """When little or nothing is kept, or the site's own host seems to be missing, the report says what is probably wrong."""
    text = str(run(folder, site, write(tmp_path, lines)))
    assert "acme.example" in text or "asset" in text
    assert re.search(hint, text)


@pytest.mark.skipif(not REAL_LOG.exists(), reason=f"needs {REAL_LOG.name}")
def test_real_log(folder: DataFolder) -> None:
    """Of a real log every line is accounted for."""
    blog = make_site("blog", ["semicomplete.com", "www.semicomplete.com"])
    Registry.open(folder).save(folder, blog)
    report = run(folder, blog, str(REAL_LOG))
    assert report.lines == 10_000
    assert report.kept + report.dropped.total() == 10_000
    assert report.dropped[DropReason.MALFORMED] == 1
    assert report.dropped[DropReason.ASSET] == 6_510
    assert report.dropped[DropReason.METHOD] == 48
    assert report.malformed_at == [(str(REAL_LOG), 8899)]
    assert 1_000 < report.page_views < 2_500
    assert len(hits(folder)) == report.kept + report.searches
