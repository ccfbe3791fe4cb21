import io
import sys

import pytest

from usage_tracker.cli.progress import progress_bar
from usage_tracker.cli.session import Session


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("total", "told"), [(100, "42/100"), (None, "42/?")])
def test_a_terminal_is_shown_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, total: int | None, told: str
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar(Session(), "reading", total) as advance:
        assert advance is not None
        advance(40)
        advance(2)
    assert "reading" in terminal.getvalue()
    assert told in terminal.getvalue()


@pytest.mark.parametrize(("stream", "quiet"), [(Terminal(), True), (io.StringIO(), False)])
def test_who_cannot_or_will_not_look_is_shown_nothing(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, quiet: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with progress_bar(Session(quiet=quiet), "reading", 1) as advance:
        assert advance is None
    assert stream.getvalue() == ""
