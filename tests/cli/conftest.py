import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.gateway_server import TOKEN, USER_SELF, Gateway, json_reply, serve
from usage_tracker.cli.root import tracker as program
from usage_tracker.store.database import Database

Tracker = Callable[..., Result]


@pytest.fixture
def tracker() -> Tracker:
    """Runs `tracker` with these words, and perhaps an `input`; a defect is raised here."""

    def run(*words: str, **options: str) -> Result:
        result = CliRunner().invoke(program, list(words), prog_name="tracker", **options)  # type: ignore[arg-type]
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway with one account, known from the environment."""
    with serve(json_reply(USER_SELF)) as server:
        monkeypatch.setenv("TRACKER_BASE_URL", server.url)
        monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home directory of the test."""
    return tmp_path / "home"


@pytest.fixture
def database(home: Path) -> Path:
    """Where the user's own database is, if there is one."""
    return home / "data" / "usage-tracker" / "usage.db"


@pytest.fixture(scope="session")
def _pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pristine") / "usage.db"
    Database.open(path).close()
    return path


@pytest.fixture
def empty_database(database: Path, _pristine: Path) -> Path:
    """The user's own database without a row in it, made once: to make one takes its time."""
    database.parent.mkdir(parents=True)
    return Path(shutil.copy(_pristine, database))


@pytest.fixture
def config(home: Path) -> Path:
    """Where the configuration is, if there is one."""
    return home / "config" / "usage-tracker" / "config.toml"
