"""The command's errors are one sentence: the thing, what it got, what was expected, what to do."""

from __future__ import annotations

import gzip
import subprocess

import pytest

from analysis import scheduler
from dashboard import serve

LINE = (
    '203.0.113.{n} - - [22/Nov/2026:10:{m:02d}:00 +0100] "GET /vacatures/monteur-{n} HTTP/1.1" 200 1 "-" '
    '"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"\n'
)


def sentence(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a failed command says, which is one line and no traceback."""
    text = done.stderr.decode().strip()
    assert text
    assert "Traceback" not in text
    assert len(text.splitlines()) == 1
    return text


def add_site(telpunt, key="acme"):
    done = telpunt("site", "add", key, "--host", "werkenbij.acme.example")
    assert done.returncode == 0, done.stderr.decode()


def test_a_site_is_added_listed_and_gets_its_snippet(telpunt):
    """`site add` shows the line for the pages, and `site list` the site."""
    done = telpunt("site", "add", "acme", "--host", "werkenbij.acme.example", "--host", "*.jobs.example")
    assert b"<script" in done.stdout
    assert b'data-site="acme"' in done.stdout
    assert b"acme\twerkenbij.acme.example,*.jobs.example\tEurope/Amsterdam" in telpunt("site", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("site", "add", "Ac me", "--host", "a.nl"), 2, "Ac me"),
        (("site", "add", "acme", "--host", "https://a.nl/path"), 2, "a.nl/path"),
        (("site", "add", "acme", "--host", "a.nl", "--timezone", "Mars/Olympus"), 2, "Mars/Olympus"),
        (("fold", "--site", "nobody"), 2, "nobody"),
        (("analyse", "--site", "nobody"), 2, "nobody"),
        (("export", "segments", "--site", "nobody"), 2, "nobody"),
        (("import", "missing.log", "--site", "nobody"), 2, "nobody"),
        (("export", "segments"), 2, "--site"),
        (("export", "poems", "--site", "acme"), 2, "poems"),
        (("analyse", "--site", "acme", "--end", "tomorrow"), 2, "tomorrow"),
        (("user", "add", "no-address", "--role", "admin"), 2, "no-address"),
    ],
)
def test_what_cannot_be_meant_is_said(telpunt, arguments, status, said):
    """A value that cannot be used is named in one sentence, with exit status 2."""
    done = telpunt(*arguments)
    assert done.returncode == status
    assert said in sentence(done)


def test_an_export_before_an_analysis_says_what_to_do(telpunt):
    """Nothing published yet: exit status 1 and the command that changes that."""
    add_site(telpunt)
    done = telpunt("export", "segments", "--site", "acme")
    assert done.returncode == 1
    assert "telpunt analyse --site acme" in sentence(done)


def test_too_little_data_says_so(telpunt, tmp_path):
    """A log of forty visits gives "not enough visits yet: 40 of 300" and no made-up clustering."""
    add_site(telpunt)
    log = tmp_path / "access.log.gz"
    log.write_bytes(gzip.compress("".join(LINE.format(n=n, m=n) for n in range(1, 41)).encode()))
    assert b"40" in telpunt("import", str(log), "--site", "acme").stdout
    assert telpunt("fold", "--all").returncode == 0
    done = telpunt("analyse", "--site", "acme")
    assert done.returncode == 1
    assert "not enough visits yet: 40 of 300" in sentence(done)


def test_a_number_under_k_is_not_said_either(telpunt, tmp_path):
    """Of seven visits the error says that they are fewer than ten."""
    add_site(telpunt)
    log = tmp_path / "access.log"
    log.write_text("".join(LINE.format(n=n, m=n) for n in range(1, 8)))
    telpunt("import", str(log), "--site", "acme")
    telpunt("fold", "--all")
    assert "fewer than 10 of 300" in sentence(telpunt("analyse", "--site", "acme"))


def test_a_data_folder_that_is_a_file_is_said(telpunt, tmp_path):
    """A data folder that cannot be one is named, with what to do."""
    (tmp_path / "data").write_text("not a folder")
    done = telpunt("site", "list")
    assert done.returncode == 1
    assert "TELPUNT_DATA" in sentence(done)


def test_a_data_folder_of_a_newer_version_is_not_touched(telpunt, tmp_path):
    """A folder that a newer Telpunt wrote is refused and left as it is."""
    telpunt("site", "list")
    (tmp_path / "data" / "VERSION").write_text("99\n")
    done = telpunt("fold")
    assert done.returncode == 1
    assert "99" in sentence(done)
    assert (tmp_path / "data" / "VERSION").read_text() == "99\n"


def test_a_setting_that_cannot_be_used_is_named(telpunt, tmp_path):
    """A wrong setting is named with what was expected."""
    from tests.conftest import run_telpunt

    (tmp_path / "telpunt.toml").write_text('trusted_proxies = "not-a-network"\n')
    done = run_telpunt(tmp_path / "data", "site", "list", cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert "TRUSTED_PROXIES" in sentence(done)
    assert "CIDR" in sentence(done)


def test_what_lies_in_the_working_folder_is_not_run(tmp_path):
    """Processes that Telpunt starts take no code from the folder that it was started in."""
    (tmp_path / "dashboard").mkdir()
    (tmp_path / "dashboard" / "__init__.py").write_text("raise SystemExit('ran what lay here')")
    for command in (scheduler.COMMAND, serve.JOBS):
        done = subprocess.run([*command, "--help"], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
