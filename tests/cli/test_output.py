import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from usage_tracker.cli.output import columns, echo_columns, wrapped


def test_columns_align_whatever_the_width_of_the_letters() -> None:
    lines = columns([("名前", "1"), ("e\u0301", "22"), ("plain", "333")], right=[1])
    assert lines == ["名前     1", "e\u0301       22", "plain  333"]


def test_nothing_to_align_is_no_line() -> None:
    assert columns([]) == []


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_prose_is_broken_between_words_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    prose = "tracker: the gateway refuses the token: make a new one in its console"
    assert wrapped(prose, io.StringIO()) == prose
    assert wrapped(prose, None) == prose
    assert wrapped(f"note\n  {prose}", Terminal()).split("\n") == [
        "note",
        "  tracker: the gateway refuses the",
        "  token: make a new one in its console",
    ]
    assert wrapped(prose, Terminal(), 9).split("\n")[1] == " " * 9 + "make a new one in its console"


def test_a_column_that_is_too_wide_for_a_terminal_is_broken_below_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    rows = [
        ("when", "what"),
        ("today", "the gateway did not answer in time, and again"),
        ("a", "b"),
    ]
    monkeypatch.setattr("sys.stdout", screen := Terminal())
    echo_columns(rows)
    assert screen.getvalue().splitlines() == [
        *(
            "when   what",
            "today  the gateway did not answer in",
            "       time, and again",
            "a      b",
        ),
    ]
    monkeypatch.setattr("sys.stdout", pipe := io.StringIO())
    echo_columns(rows)
    assert pipe.getvalue().splitlines()[1] == "  ".join(rows[1])


def test_a_document_is_in_utf8_whatever_the_locale(tmp_path: Path) -> None:
    source = tmp_path / "log.csv"
    source.write_text("captured_at,quota,used_quota\n2026-11-01T00:00:00Z,100,5\n")

    def tracker(*words: str) -> bytes:
        command = [sys.executable, "-m", "usage_tracker", *words]
        environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
        return subprocess.run(command, env=environment, check=True, capture_output=True).stdout

    tracker("import", str(source))
    assert "—" in tracker("report", "--as-of", "2026-11-02", "--format", "html").decode()
