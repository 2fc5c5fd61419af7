"""A journal cut into parts loses no line, keeps each visit whole, and leaves nothing behind."""

from __future__ import annotations

import re

from analysis.split import split
from tests.analysis.journals import hit, lines


def test_each_visit_is_in_one_part_and_no_line_is_lost(tmp_path):
    """Of a hundred visits in two files all lines are in some part, those of one visit in one, and the parts are gone at the end."""
    sent = lines([hit(n, f"{n % 100 * 7919:016x}"[::-1], query='"visit":"00') for n in range(300)])
    paths = [tmp_path / "1.ndjson", tmp_path / "2.ndjson"]
    for number, path in enumerate(paths):
        path.write_bytes(b"".join(sent.splitlines(keepends=True)[number::2]))
    with split(paths, 3, tmp_path) as parts:
        contents = [part.read_bytes() for part in parts]
    tokens = [set(re.findall(rb',"visit":"([0-9a-f]{16})"', content)) for content in contents]
    assert sorted(b"".join(contents).splitlines()) == sorted(sent.splitlines())
    assert sum(len(each) for each in tokens) == len(set.union(*tokens)) == 100
    assert all(tokens)
    assert not list(tmp_path.glob("*.aside"))


def test_a_line_that_is_cut_off_or_odd_goes_to_the_first_part(tmp_path):
    """What is no hit is not lost on the way either: who reads the parts decides."""
    path = tmp_path / "1.ndjson"
    path.write_bytes(b'nonsense\n{"visit":"zz"}\n{"t":1')
    with split([path], 2, tmp_path) as parts:
        assert parts[0].read_bytes() == b'nonsense\n{"visit":"zz"}\n{"t":1\n'
        assert parts[1].read_bytes() == b""
