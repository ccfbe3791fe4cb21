import json
import sqlite3
import stat
from pathlib import Path
from typing import NoReturn

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import Gateway
from usage_tracker.store.schema import SCHEMA_REVISION


def test_the_path_is_told_whether_or_not_it_is_there(tracker: Tracker, database: Path) -> None:
    assert tracker("db", "path").stdout == tracker("db").stdout == f"{database}\n"
    document = json.loads(tracker("db", "-j").stdout)
    assert document == {
        "schema": "usage-tracker.db-path/1",
        "database": str(database),
        "origin": "default",
        "exists": False,
    }


@pytest.mark.parametrize("words", [("upgrade",), ("check",), ("backup", "x.db")])
def test_a_database_that_is_not_there_is_not_made(
    tracker: Tracker, database: Path, words: tuple[str, ...]
) -> None:
    result = tracker("db", *words)
    assert (result.exit_code, result.stdout) == (3, "")
    assert not database.exists()


def test_an_upgrade_with_nothing_to_do_says_so(tracker: Tracker, empty_database: Path) -> None:
    assert f"{empty_database} is at schema" in tracker("db", "upgrade").stdout
    document = json.loads(tracker("db", "upgrade", "-j").stdout)
    assert document["from"] == document["to"] == SCHEMA_REVISION
    assert document["backup"] is None


def test_an_empty_file_is_upgraded_from_nothing(tracker: Tracker, tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    path.touch()
    result = tracker("db", "upgrade", "--db", str(path))
    assert result.stdout == f"{path}: schema none -> {SCHEMA_REVISION}\n"


def test_a_backup_is_a_private_database_like_any_other(
    tracker: Tracker, gateway: Gateway, tmp_path: Path
) -> None:
    assert gateway.url
    tracker("snapshot")
    copy = tmp_path / "copy.db"
    assert tracker("db", "backup", str(copy)).stdout == f"{copy}\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "$58.14 left" in tracker("status", "--db", str(copy)).stdout
    assert tracker("db", "backup", str(copy)).exit_code == 1
    other = tmp_path / "other.db"
    document = json.loads(tracker("db", "backup", str(other), "-j").stdout)
    assert (document["backup"], document["bytes"]) == (str(other), other.stat().st_size)


def test_a_sound_database_is_told_as_such(tracker: Tracker, empty_database: Path) -> None:
    result = tracker("db", "check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{empty_database}: no problems\n"
    assert json.loads(tracker("db", "check", "-j").stdout)["sound"] is True


def test_what_is_wrong_is_told_and_fails(
    tracker: Tracker, gateway: Gateway, database: Path
) -> None:
    assert gateway.url
    tracker("snapshot")
    with sqlite3.connect(database) as connection:
        connection.execute("update profile set body = '{}'")
    connection.close()
    result = tracker("db", "check")
    assert result.exit_code == 1
    assert result.stdout.startswith("default: ")
    document = json.loads(tracker("db", "check", "-j").stdout)
    assert document["sound"] is False
    assert document["findings"][0]["subject"] == "default"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p@hunter2@host/usage",
        "postgresql://me:p@a/hunter2@host/usage",
        "postgres//me:hunter2@host/usage",
        "me:hunter2@host/usage",
    ],
)
@pytest.mark.parametrize(
    "words", [("status",), ("snapshot", "--notify"), ("db", "path"), ("config",)]
)
def test_a_password_that_is_not_encoded_is_refused_before_anything_is_looked_up(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], url: str
) -> None:
    def look_up(*_: object, **__: object) -> NoReturn:
        pytest.fail("a name was looked up")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    monkeypatch.setenv("TRACKER_TOKEN", "f" * 32)
    for options, variable in (((*words, "--db", url), ""), (words, url)):
        monkeypatch.setenv("TRACKER_DATABASE", variable)
        result = tracker(*options)
        assert result.exit_code == (78 if words[0] == "snapshot" else 2)
        assert "name a file, or a URL such as" in result.stderr
        assert "hunter2" not in result.output


def test_a_password_in_an_argument_is_noted(tracker: Tracker) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/usage"
    for words in (("status", "--db", url), ("import", url), ("--db", url, "report")):
        result = tracker(*words)
        assert "note: every user of this machine can read the password" in result.stderr
        assert "hunter2" not in result.output
    assert "note:" not in tracker("status", "--quiet", "--db", url).stderr


def test_a_backup_is_restored(
    tracker: Tracker, gateway: Gateway, database: Path, tmp_path: Path
) -> None:
    assert gateway.url
    backup = str(tmp_path / "backup.db")
    tracker("snapshot")
    tracker("db", "backup", backup)
    tracker("snapshot")
    assert tracker("db", "restore", backup).exit_code == 2  # nobody can confirm it
    document = json.loads(tracker("db", "restore", backup, "--yes", "--json").stdout)
    assert document.pop("kept").startswith(f"{database}.before-restore.")
    assert document == {
        "schema": "usage-tracker.db-restore/1",
        "database": str(database),
        "backup": backup,
    }
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM snapshot").fetchone() == (1,)
    connection.close()
    result = tracker("db", "restore", str(tmp_path / "none.db"), "--yes")
    assert (result.exit_code, "there is no history in" in result.stderr) == (1, True)
