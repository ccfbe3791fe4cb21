"""No test reads or writes what is the user's own: every path moves to its tmp_path."""

import os
import secrets
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, make_url, text

from tests.examples import examples
from tests.receiver import Receiver, receiving

pytest_plugins = ["tests.faults.tally"]

# A slow machine is no defect.
_PATIENT = settings(
    max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fixed", _PATIENT, derandomize=True)
settings.register_profile("fresh", _PATIENT, derandomize=False, database=None, print_blob=True)
settings.load_profile("fixed")

# A shell lets its background jobs ignore Ctrl-C, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.umask(0o022)  # the program refuses a configuration that a group can write

POSTGRES_URL = "TRACKER_TEST_POSTGRES_URL"
_OURS = ("TRACKER_", "AIHUBMIX_")
_TASTE = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
_POSTGRES_URL = os.environ.get(POSTGRES_URL)


@pytest.fixture(scope="session")
def _font_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: to build it takes seconds."""
    return tmp_path_factory.mktemp("matplotlib")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _font_cache: Path) -> None:
    for name in os.environ:
        if name.startswith(_OURS) or name in _TASTE:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    monkeypatch.setenv("MPLCONFIGDIR", str(_font_cache))


@pytest.fixture
def installed_to_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation like a user's, wherever the tests run."""
    for name, answer in (("is_passing", False), ("editable_source", None)):
        monkeypatch.setattr(f"usage_tracker.schedule.install.{name}", lambda answer=answer: answer)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of an empty schema of its own on the server that TRACKER_TEST_POSTGRES_URL names."""
    if _POSTGRES_URL is None:
        pytest.skip(f"{POSTGRES_URL} names no PostgreSQL server")
    schema = f"test_{secrets.token_hex(6)}"
    url = make_url(_POSTGRES_URL).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        own = url.update_query_dict({"options": f"-csearch_path={schema}"})
        yield own.render_as_string(hide_password=False)
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'usage.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where notices and pings arrive."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a program on an otherwise bare PATH; gives the folder in which it keeps its files."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def put(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(text.format(folder=folder))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return folder

    return put
