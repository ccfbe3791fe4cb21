"""Faults, injected for real: into processes of the program, their files and their network."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults.files import Shapes, shapes
from tests.faults.warm import Warm, warm
from tests.gateway_server import TOKEN, Call, Gateway, json_reply, serve, user_self


class Meter:
    """A gateway whose account has spent one unit more at each answer: no two are alike."""

    def __init__(self) -> None:
        self._used = count(1)

    def __call__(self, call: Call) -> None:
        used = next(self._used)
        json_reply(user_self(quota=10**9 - used, used_quota=used))(call)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """The program, ready to run at once."""
    with warm(tmp_path_factory.mktemp("runs")) as ready:
        yield ready


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    """What a database may look like."""
    return shapes(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed process leaves in its temporary directory goes with the test."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway with one account, known from the environment."""
    with serve(Meter()) as server:
        monkeypatch.setenv("TRACKER_BASE_URL", server.url)
        monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
        yield server


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program is told to keep its database; nothing is there yet."""
    path = tmp_path / "usage.db"
    monkeypatch.setenv("TRACKER_DATABASE", str(path))
    return path
