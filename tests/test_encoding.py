import io

import pytest

from usage_tracker.encoding import encoding_of, spelled, takes


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


@pytest.fixture(autouse=True)
def _locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.setenv(name, "de_DE.UTF-8")


def test_a_stream_takes_what_its_encoding_has() -> None:
    assert takes(stream("utf-8"), "—é▁")
    assert takes(stream("latin-1"), "é")
    assert not takes(stream("latin-1"), "—")
    assert takes(io.StringIO(), "—")


@pytest.mark.parametrize("name", ["C", "POSIX"])
def test_the_c_locale_wants_ascii_whatever_the_stream(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("LC_ALL", name)
    assert encoding_of(stream("utf-8")) == "ascii"
    assert not takes(stream("utf-8"), "é")


def test_what_is_missing_has_a_stand_in() -> None:
    assert spelled("$1 — é ± 2…") == "$1 -- ? +/- 2..."
    assert spelled("é — x", "latin-1") == "é -- x"
