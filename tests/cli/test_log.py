import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from usage_tracker.cli.log import LIMIT
from usage_tracker.config.paths import log_path

DATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z tracker: ")


def run(log: Path, **environ: str) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "usage_tracker", "snapshot", "--quiet"]
    with log.open("ab") as stderr:
        subprocess.run(words, check=False, stderr=stderr, env={**os.environ, **environ})


@pytest.mark.parametrize("environ", [{}, {"XDG_STATE_HOME": "/nowhere"}])
def test_each_line_of_the_log_is_dated(environ: dict[str, str]) -> None:
    log = log_path()
    for _ in range(2):
        run(log, **environ)
    lines = log.read_text().splitlines()
    assert len(lines) >= 2
    assert all(map(DATED.match, lines))


def test_another_file_is_not_dated_or_rotated(tmp_path: Path) -> None:
    other = tmp_path / "errors.txt"
    other.write_bytes(b"x" * LIMIT + b"\n")
    run(other)
    assert other.read_bytes().splitlines()[1].startswith(b"tracker: ")


def test_a_large_log_is_renamed_and_two_are_kept() -> None:
    log = log_path()
    log.parent.mkdir(parents=True)
    for number in range(3):
        log.write_bytes(str(number).encode() * (LIMIT + 1) + b"\n")
        run(log)
        assert not log.exists()
        run(log)
        assert DATED.match(log.read_text())
    assert sorted(each.name for each in log.parent.iterdir()) == ["snapshot.log", "snapshot.log.1"]
    assert log.with_name("snapshot.log.1").read_bytes().startswith(b"2")
