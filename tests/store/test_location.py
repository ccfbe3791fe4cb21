from pathlib import Path

import pytest

from usage_tracker.config.paths import database_path
from usage_tracker.store.location import InvalidDatabaseNameError, resolve

SECRET = "hunter2"


def test_without_a_name_it_is_the_users_own(tmp_path: Path) -> None:
    assert resolve(None).path == database_path() == tmp_path / "home/data/usage-tracker/usage.db"


def test_a_tilde_is_the_home_directory(tmp_path: Path) -> None:
    assert resolve("~/usage.db").path == tmp_path / "home/usage.db"
    assert resolve(Path("~/usage.db")).path == tmp_path / "home/usage.db"


def test_a_relative_path_is_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(resolve("usage.db")) == str(resolve("sqlite:///usage.db")) == f"{tmp_path}/usage.db"


def test_an_absolute_sqlite_url_has_four_slashes() -> None:
    assert resolve("sqlite:////var/lib/usage.db").path == Path("/var/lib/usage.db")


def test_strange_file_names_are_file_names(tmp_path: Path) -> None:
    for name in ("a b?c=d.db", "100%.db", "#.db", "ü.db", "a;b.db"):
        assert resolve(tmp_path / name).path == tmp_path / name


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres"])
def test_postgresql_goes_by_three_names(scheme: str) -> None:
    location = resolve(f"{scheme}://me@db.example/usage")
    assert not location.is_sqlite
    assert str(location) == "postgresql+psycopg://me@db.example/usage"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@db.example/usage",
        f"postgresql://me@db.example/usage?password={SECRET}",
        f"postgresql://db.example/usage?user=me&sslpassword={SECRET}",
        f"postgresql://db.example/usage?user=me&PASSWORD={SECRET}",
    ],
)
def test_a_password_is_never_shown(url: str) -> None:
    location = resolve(url)
    assert SECRET not in str(location)
    assert SECRET not in repr(location)
    assert SECRET not in location.scrub(f"no such user me with {SECRET}")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("mysql://root@localhost/usage", "mysql databases are not supported"),
        ("postgresql+psycopg2://localhost/usage", "psycopg2 databases are not supported"),
        ("sqlite://", "memory stores no history"),
        (":memory:", "memory stores no history"),
        ("/somewhere/:memory:", "memory stores no history"),
        ("sqlite:///:memory:", "memory stores no history"),
        ("sqlite:///usage.db?mode=ro", "unknown option 'mode'"),
        ("sqlite:///usage.db?journal_mode=off", "journal_mode is one of wal, delete"),
        (f"://me:{SECRET}@nowhere", "cannot be understood"),
        (f"postgresql://me:{SECRET}@host:port/usage", "cannot be understood"),
        (f"postgresql://me:p@{SECRET}@host/usage", "@ as %40"),
        (f"postgresql://me:p/{SECRET}@host/usage", "/ as %2F"),
        (f"postgresql://me:p@a/{SECRET}@host/usage", "@ as %40"),
        (f"postgresql://me:p?{SECRET}@host/usage", "? as %3F"),
        (f"postgresql://me:p#{SECRET}@host/usage", "# as %23"),
        (f"postgresql://host:5432/usage?password=p@{SECRET}", "@ as %40"),
        (f"postgres//me:{SECRET}@host/usage", "has no ://"),
        (f"postgresql:/me:{SECRET}@host/usage", "has no ://"),
        (f"PostgreSQL+psycopg//me:{SECRET}@host/usage", "has no ://"),
        (f"me:{SECRET}@host/usage", "has no ://"),
        ("", "is not the name of a file"),
        ("usage\0.db", "is not the name of a file"),
        ("~nobody-here/usage.db", "unknown home directory"),
    ],
)
def test_a_name_that_makes_no_sense_is_refused_with_an_example(name: str, why: str) -> None:
    with pytest.raises(InvalidDatabaseNameError, match="postgresql\\+psycopg://user") as caught:
        resolve(name)
    assert why in str(caught.value)
    assert SECRET not in str(caught.value)
    assert (caught.value.exit_code, caught.value.sysexit) == (2, 78)


def test_the_journal_mode_can_be_chosen_for_network_file_systems() -> None:
    assert resolve("sqlite:///usage.db").journal_mode is None
    assert resolve("sqlite:///usage.db?journal_mode=DELETE").journal_mode == "delete"


@pytest.mark.parametrize("name", ["postgres/usage.db", "a@b.db", "sqlite.db", "./me:x@y.db"])
def test_a_file_may_have_an_unusual_name(name: str) -> None:
    assert resolve(name).path == Path(name).absolute()
    assert resolve(f"sqlite:///{name}").path == Path(name).absolute()


def test_an_encoded_password_is_used() -> None:
    location = resolve("postgresql://me:p%40a%2Fb@db.example/usage")
    assert (location.url.password, location.url.host) == ("p@a/b", "db.example")
