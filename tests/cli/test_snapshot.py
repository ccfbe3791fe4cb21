import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Tracker
from tests.cli.stored import assert_no_secret, failures, snapshots
from tests.gateway_server import (
    NEWER_USER_SELF,
    TOKEN,
    USER_SELF,
    Gateway,
    http_reply,
    json_reply,
    serve,
    silence,
    unused_url,
    user_self,
)
from tests.store.samples import GOLDEN


def test_no_secret_is_in_the_log_of_an_open_database(
    tracker: Tracker, gateway: Gateway, home: Path, database: Path
) -> None:
    tracker("snapshot")
    holder = sqlite3.connect(database)
    holder.execute("begin").connection.execute("select * from snapshot").fetchall()
    gateway.script = json_reply(NEWER_USER_SELF)
    assert tracker("snapshot").exit_code == 0
    assert database.with_name("usage.db-wal").stat().st_size > 0
    assert_no_secret(home)
    holder.close()


def test_nobody_there_is_a_network_failure(
    tracker: Tracker, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
    monkeypatch.setenv("TRACKER_BASE_URL", unused_url())
    result = tracker("snapshot", "--deadline", "1")
    assert (result.exit_code, result.stdout) == (69, "")
    assert failures(database) == [("default", "network", None)]


def test_a_certificate_that_nobody_knows_is_a_tls_failure(
    tracker: Tracker, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(json_reply(USER_SELF), tls=True, folder=tmp_path) as server:
        monkeypatch.setenv("TRACKER_TOKEN", TOKEN)
        monkeypatch.setenv("TRACKER_BASE_URL", server.url)
        assert tracker("snapshot").exit_code == 69
        assert server.requests == []
    assert failures(database) == [("default", "tls", None)]


def test_the_json_is_the_contract_s(tracker: Tracker, gateway: Gateway) -> None:
    assert gateway.url
    document = json.loads(tracker("snapshot", "-j").stdout)
    (account,) = document["accounts"]
    assert list(document) == ["schema", "accounts"]
    assert document["schema"] == "usage-tracker.snapshot/1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", account.pop("captured_at"))
    assert account == {
        "account": "default",
        "status": "stored",
        "quota": 29071257,
        "used_quota": 286403484,
        "error": None,
    }


def test_quiet_says_nothing_of_what_went_well(tracker: Tracker, gateway: Gateway) -> None:
    assert gateway.url
    assert tracker("snapshot", "--quiet").output == ""


class TestNothingIsSent:
    def test_nothing_configured(self, tracker: Tracker) -> None:
        result = tracker("snapshot")
        assert result.exit_code == 78
        assert "tracker init" in result.stderr

    @pytest.mark.parametrize("token", ["sk-0123456789abcdef", "two words", "ключ"])
    def test_a_token_that_cannot_be_one(
        self, tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, token: str
    ) -> None:
        monkeypatch.setenv("TRACKER_TOKEN", token)
        result = tracker("snapshot")
        assert result.exit_code == 78
        assert result.stderr.count("\n") == 1
        assert token not in result.output
        assert gateway.requests == []

    def test_an_unknown_account(self, tracker: Tracker, gateway: Gateway) -> None:
        assert tracker("snapshot", "--account", "nobody").exit_code == 2
        assert gateway.requests == []

    def test_a_configuration_that_is_nonsense(
        self, tracker: Tracker, gateway: Gateway, config: Path
    ) -> None:
        config.parent.mkdir(parents=True)
        config.write_text("databse = 1")
        result = tracker("snapshot")
        assert result.exit_code == 78
        assert "did you mean database?" in result.stderr
        assert gateway.requests == []


class TestAnotherAccount:
    def test_another_user_under_the_same_label_is_refused(
        self, tracker: Tracker, gateway: Gateway, database: Path
    ) -> None:
        tracker("snapshot")
        gateway.script = json_reply({**USER_SELF, "data": {**USER_SELF["data"], "id": 43}})
        result = tracker("snapshot")
        assert result.exit_code == 78
        assert "tracker accounts" in result.stderr
        assert len(snapshots(database)) == 1
        assert failures(database) == [("default", "other_account", None)]

    def test_another_gateway_under_the_same_label_is_refused(
        self, tracker: Tracker, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, database: Path
    ) -> None:
        tracker("snapshot")
        monkeypatch.setenv("TRACKER_BASE_URL", f"{gateway.url}/elsewhere")
        result = tracker("snapshot", "-j")
        assert result.exit_code == 78
        assert json.loads(result.stdout)["accounts"][0]["error"]["kind"] == "other_account"
        assert failures(database) == [("default", "other_account", None)]


class TestSeveral:
    @pytest.fixture
    def three(
        self, gateway: Gateway, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("TRACKER_TOKEN")
        monkeypatch.delenv("TRACKER_BASE_URL")
        key = tmp_path / "key"
        key.touch(mode=0o600)
        key.write_text(TOKEN)
        config.parent.mkdir(parents=True)
        urls = {"down": unused_url(), "good": gateway.url, "page": f"{gateway.url}/page"}
        for name, url in urls.items():
            with config.open("a") as file:
                file.write(
                    f'[[account]]\nname = "{name}"\nbase_url = "{url}"\ntoken_file = "{key}"\n'
                )

        def script(call: Any) -> None:
            answers = {"/page": http_reply(200, b"<html>"), "/refused": http_reply(401, b"{}")}
            folder = call.request.path.removesuffix("/api/user/self")
            answers.get(folder, json_reply(USER_SELF))(call)

        gateway.script = script

    @pytest.mark.usefixtures("three")
    def test_none_fails_another_and_the_most_serious_code_counts(
        self, tracker: Tracker, database: Path
    ) -> None:
        result = tracker("snapshot", "-j", "--deadline", "1")
        assert result.exit_code == 76
        told = [(a["account"], a["status"]) for a in json.loads(result.stdout)["accounts"]]
        assert told == [("down", "failed"), ("good", "stored"), ("page", "failed")]
        assert snapshots(database) == [("good", 29071257, 286403484)]
        assert sorted(failures(database)) == [("down", "network", None), ("page", "not_json", 200)]
        assert len(result.stderr.splitlines()) == 2

    @pytest.mark.parametrize(
        ("names", "code"),
        [
            (("good", "down"), 69),
            (("down", "page"), 76),
            (("page", "refused"), 77),
            (("refused", "unsaved"), 74),
            (("unsaved", "keyless"), 78),
        ],
    )
    @pytest.mark.usefixtures("three")
    def test_of_two_failures_the_more_serious_one_gives_the_exit_code(
        self,
        tracker: Tracker,
        gateway: Gateway,
        config: Path,
        empty_database: Path,
        names: tuple[str, str],
        code: int,
    ) -> None:
        add_failing_accounts(config, gateway)
        refuse_snapshots_of_unsaved(empty_database)
        for first, second in (names, names[::-1]):
            result = tracker("snapshot", "-a", first, "-a", second, "--deadline", "1")
            assert result.exit_code == code

    @pytest.mark.usefixtures("three")
    def test_those_named_are_asked_alone(self, tracker: Tracker, database: Path) -> None:
        assert tracker("snapshot", "-a", "good").exit_code == 0
        assert failures(database) == []

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_what_cannot_be_shown_is_stored_and_no_fault_of_the_database(
        self, gateway: Gateway, database: Path
    ) -> None:
        assert gateway.url
        with Path("/dev/full").open("w") as full:
            program = [sys.executable, "-m", "usage_tracker", "snapshot"]
            assert subprocess.run(program, stdout=full, check=False).returncode == 1
        assert len(snapshots(database)) == 1

    @pytest.mark.usefixtures("three")
    def test_a_reader_who_left_does_not_keep_the_others_from_being_stored(
        self, tracker: Tracker, database: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def closed(_: str) -> None:
            raise BrokenPipeError

        monkeypatch.setattr("usage_tracker.cli.session.echo", closed)
        tracker("snapshot", "--deadline", "1")
        assert len(snapshots(database)) == 1
        assert len(failures(database)) == 2


def add_failing_accounts(config: Path, gateway: Gateway) -> None:
    """Configure an account that the gateway refuses, one not stored and one without a token."""
    key = config.parents[3] / "key"
    with config.open("a") as file:
        for name, token in (("refused", key), ("unsaved", key), ("keyless", key.with_name("no"))):
            file.write(
                f'[[account]]\nname = "{name}"\nbase_url = "{gateway.url}/{name}"\n'
                f'token_file = "{token}"\n'
            )


def refuse_snapshots_of_unsaved(database: Path) -> None:
    """Make the database fail when a snapshot of that account is inserted."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "create trigger refuse before insert on snapshot when new.account_id = "
            "(select account_id from account where name = 'unsaved') "
            "begin select raise(abort, 'refused'); end"
        )


class TestADatabaseThatDoesNotTakeIt:
    def test_a_file_that_is_none(self, tracker: Tracker, gateway: Gateway, tmp_path: Path) -> None:
        (tmp_path / "x.db").write_bytes(os.urandom(4096))
        result = tracker("snapshot", "--db", str(tmp_path / "x.db"))
        assert result.exit_code == 74
        assert result.stderr.count("\n") == 1
        assert gateway.requests == []

    def test_a_busy_one_is_waited_for_until_the_deadline_and_the_answer_is_told(
        self, tracker: Tracker, gateway: Gateway, database: Path
    ) -> None:
        tracker("snapshot")
        gateway.script = json_reply(user_self(quota=123456))
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("begin immediate")
        result = tracker("snapshot", "-j", "--deadline", "1")
        other.close()
        assert result.exit_code == 74
        assert json.loads(result.stdout)["accounts"][0]["error"]["kind"] == "database"
        assert "quota 123456" in result.stderr
        assert "busy" in result.stderr

    def test_a_failure_that_cannot_be_recorded_is_told_with_both_reasons(
        self, tracker: Tracker, gateway: Gateway, database: Path
    ) -> None:
        tracker("snapshot")
        gateway.script = http_reply(500)
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("begin immediate")
        result = tracker("snapshot", "--deadline", "1")
        other.close()
        assert result.exit_code == 74
        assert "out of order" in result.stderr
        assert "busy" in result.stderr


def test_a_note_tells_that_the_environment_is_put_aside(
    tracker: Tracker, gateway: Gateway, config: Path
) -> None:
    config.parent.mkdir(parents=True)
    config.write_text(
        '[[account]]\nname = "a"\ntoken_env = "TRACKER_TOKEN"\nbase_url = "https://x"'
    )
    assert gateway.url
    assert "note: TRACKER_TOKEN and TRACKER_BASE_URL are ignored" in tracker("config").stderr
    assert "note:" not in tracker("config", "-q").stderr


def test_dollars_that_are_worth_something_else_from_now_on_are_worth_a_note(
    tracker: Tracker, gateway: Gateway, config: Path
) -> None:
    config.parent.mkdir(parents=True)
    account = f'[[account]]\nname = "a"\ntoken_env = "TRACKER_TOKEN"\nbase_url = "{gateway.url}"\n'
    config.write_text(account)
    assert "units to the dollar" not in tracker("snapshot").stderr
    config.write_text(f"{account}quota_per_unit = 68493.15\n")
    told = tracker("snapshot").stderr
    assert "note: a now has 68,493.15 units to the dollar instead of 500,000" in told
    assert "units to the dollar" not in tracker("snapshot").stderr


def test_ctrl_c_ends_it_at_once_and_quietly(gateway: Gateway) -> None:
    gateway.script = silence()
    program = [sys.executable, "-m", "usage_tracker", "snapshot"]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        while not gateway.requests:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complaint.strip() == ""


def test_a_snapshot_is_stored_though_the_database_cannot_be_upgraded(
    tracker: Tracker, gateway: Gateway, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gateway.url
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript((GOLDEN / "0003.sql").read_text())
        connection.execute("UPDATE account SET name = 'old' WHERE name = 'default'")
        connection.commit()

    def fail(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("usage_tracker.store.migration.migrate", fail)
    for stored in (1, 2):
        result = tracker("snapshot", "--notify")
        assert result.exit_code == 0
        assert "not upgraded: a bug in this program (ZeroDivisionError" in result.stderr
        assert len(snapshots(database)) == 5 + stored
    assert [each.name for each in database.parent.glob("*.before-*")] == []
    assert tracker("report").exit_code == 1


def test_a_dry_run_requests_and_stores_nothing(
    tracker: Tracker, gateway: Gateway, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = tracker("snapshot", "--dry-run", "--notify")
    assert (result.exit_code, result.stdout) == (0, "default: ready\n")
    document = json.loads(tracker("snapshot", "--dry-run", "--json").stdout)
    assert document["accounts"][0]["status"] == "ready"
    monkeypatch.setenv("TRACKER_TOKEN", "sk-abcdefgh")
    assert tracker("snapshot", "--dry-run").exit_code == 78
    assert gateway.requests == []
    assert not database.exists()
