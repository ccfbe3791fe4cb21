import dataclasses
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.receiver import Call, Receiver
from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.config.settings import Settings, load
from usage_tracker.config.thresholds import Channels
from usage_tracker.errors import ConfigError, TrackerError, UnexpectedError
from usage_tracker.money import units
from usage_tracker.monitoring.deliver import Delivery
from usage_tracker.monitoring.hooks import after_snapshot, before_snapshot, no_snapshot
from usage_tracker.monitoring.notice import Notice
from usage_tracker.monitoring.notify import BEING_SENT, CLAIM
from usage_tracker.recording import Result
from usage_tracker.store import accounts, alerts, snapshots
from usage_tracker.store.alerts import Alert, Level
from usage_tracker.store.database import Database
from usage_tracker.store.location import InvalidDatabaseNameError
from usage_tracker.times import HOUR, MINUTE

OK, WARNING = Level.OK, Level.WARNING
NOW = 1_800_000_000_000
ACCOUNT = Account("work", TokenFromEnv("WORK_KEY"))
STORED = Result(ACCOUNT)
FAILED = Result(ACCOUNT, error=GatewayError(Kind.UNAUTHORIZED, 401))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with a day of hourly snapshots and $5 left."""
    with Database.open(database_url) as database:
        for hour in range(24):
            put(database, NOW - hour * HOUR, 5.0)
        yield database


def put(database: Database, moment: int, left: float) -> None:
    with database.write() as connection:
        account = accounts.get_or_create(connection, ACCOUNT, NOW)
        snapshots.save(connection, account, UserSelf(moment, units(left), 0, None, {}))


def settings(tmp_path: Path, notify: str, check: str = "warning_balance = 10") -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(f'timezone = "UTC"\n[check]\n{check}\n[notify]\n{notify}\n')
    return load(str(path))


def stored(database: Database, rule: str = "balance") -> Alert:
    with database.read() as connection:
        return alerts.load(connection, 1)[rule]


def one_by_one(
    send: Callable[[Notice, Channels], Delivery],
) -> Callable[[Sequence[Notice], Channels], list[Delivery]]:
    return lambda notices, channels: [send(notice, channels) for notice in notices]


@pytest.mark.parametrize("reached", [True, False])
def test_a_slow_delivery_does_not_undo_a_later_change(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, reached: bool
) -> None:
    sent = list[Level]()
    channels = settings(tmp_path, 'command = ["x"]')

    def send(notice: Notice, _: Channels) -> Delivery:
        sent.append(notice.level)
        if len(sent) == 1:  # the balance recovers before this is delivered
            put(database, NOW + MINUTE, 50.0)
            after_snapshot(database, channels, [STORED], NOW + MINUTE)
            return Delivery(int(reached), () if reached else ("failed",))
        return Delivery(1)

    monkeypatch.setattr("usage_tracker.monitoring.notify.deliver", one_by_one(send))
    for minute in (0, 2, 3):
        after_snapshot(database, channels, [STORED], NOW + minute * MINUTE)
    assert sent == ([WARNING, OK] if reached else [WARNING])
    assert stored(database).notified is OK


def test_a_delivery_is_stored_though_the_next_run_saw_a_pending_change(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = settings(tmp_path, 'command = ["x"]')

    def send(*_: object) -> Delivery:
        with database.write() as connection:
            pending = dataclasses.replace(stored(database), pending=OK, pending_since=NOW)
            alerts.upsert(connection, 1, "balance", pending)
        return Delivery(0, ("refused",))

    monkeypatch.setattr("usage_tracker.monitoring.notify.deliver", one_by_one(send))
    after_snapshot(database, channels, [STORED], NOW)
    after = stored(database)
    assert (after.notified, after.pending, after.problem) == (OK, OK, "refused")


def test_a_change_sends_one_notice(database: Database, receiver: Receiver, tmp_path: Path) -> None:
    config = settings(tmp_path, f'urls = ["json://127.0.0.1:{receiver.port}"]')
    for minute in range(3):
        assert after_snapshot(database, config, [STORED], NOW + minute * MINUTE) == ()
    assert [json.loads(call.body)["title"] for call in receiver.calls] == ["WARNING: work, balance"]
    assert stored(database) == Alert(WARNING, NOW, WARNING, NOW)
    assert stored(database, "stale") == Alert(OK, NOW, OK)


def test_a_failed_channel_is_stored_and_tried_again(
    database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    config = settings(tmp_path, f'urls = ["json://:hush@127.0.0.1:{receiver.port}/hush"]')
    receiver.status = 500
    assert after_snapshot(database, config, [STORED], NOW) == ("work: urls[1] (json) failed",)
    assert stored(database) == Alert(WARNING, NOW, OK, None, "urls[1] (json) failed")
    receiver.status = 200
    assert after_snapshot(database, config, [STORED], NOW + MINUTE) == ()
    assert stored(database) == Alert(WARNING, NOW, WARNING, NOW + MINUTE)
    assert after_snapshot(database, config, [STORED], NOW + 2 * MINUTE) == ()
    assert len(receiver.calls) == 2


def test_a_notice_that_one_channel_accepted_is_not_sent_again(
    database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    urls = f'urls = ["json://127.0.0.1:{receiver.port}"]\ncommand = ["/bin/false"]'
    problem = "command 'false' failed: exit code 1"
    assert after_snapshot(database, settings(tmp_path, urls), [STORED], NOW) == (
        f"work: {problem}",
    )
    assert stored(database) == Alert(WARNING, NOW, WARNING, NOW, problem)


@pytest.mark.usefixtures("database")
def test_two_runs_at_once_send_one_notice(
    database_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    config = settings(tmp_path, f'urls = ["json://127.0.0.1:{receiver.port}"]')
    together = threading.Barrier(4)

    def run() -> None:
        with Database.open(database_url) as own:
            together.wait()
            after_snapshot(own, config, [STORED], NOW)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.calls) == 1


def test_a_run_that_is_killed_while_it_sends_leaves_a_problem(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    settings(tmp_path, 'command = ["sh", "-c", "kill -9 $PPID"]')
    program = f"""
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.config.settings import load
from usage_tracker.recording import Result
from usage_tracker.store.database import Database
from usage_tracker.monitoring.hooks import after_snapshot
with Database.open({database_url!r}) as database:
    result = Result(Account("work", TokenFromEnv("KEY")))
    after_snapshot(database, load({str(path)!r}), [result], {NOW})
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert stored(database).problem == BEING_SENT
    sent = tmp_path / "sent"
    again = settings(tmp_path, f'command = ["sh", "-c", "cat >> {sent}"]')
    assert after_snapshot(database, again, [STORED], NOW + CLAIM - 1) == ()
    assert not sent.exists()
    for later in (CLAIM, CLAIM + MINUTE):
        assert after_snapshot(database, again, [STORED], NOW + later) == ()
    assert [json.loads(line)["level"] for line in sent.read_text().splitlines()] == ["warning"]
    assert stored(database) == Alert(WARNING, NOW, WARNING, NOW + CLAIM)


def test_only_the_accounts_of_the_run_are_checked(
    database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    config = settings(tmp_path, f'urls = ["json://127.0.0.1:{receiver.port}"]')
    other = Result(Account("other", TokenFromEnv("OTHER")))
    assert after_snapshot(database, config, [other], NOW) == ()
    assert receiver.calls == []


def test_an_account_may_have_its_own_thresholds(
    database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    own = f"""urls = ["json://127.0.0.1:{receiver.port}"]
[[account]]
name = "work"
token_env = "WORK_KEY"
check = {{ warning_balance = 1, critical_balance = 0.5 }}"""
    assert after_snapshot(database, settings(tmp_path, own), [STORED], NOW) == ()
    assert receiver.calls == []


def test_a_run_pings_the_dead_mans_switch(
    database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    config = settings(tmp_path, f'ping_url = "{receiver.url}/uuid"')
    assert before_snapshot(config).wait() == ()
    assert after_snapshot(database, config, [STORED], NOW) == ()
    assert after_snapshot(database, config, [STORED, FAILED], NOW) == ()
    start, success, fail = receiver.calls
    assert (start, success) == (Call("GET", "/uuid/start", ""), Call("GET", "/uuid", ""))
    assert fail.path == "/uuid/fail"
    assert fail.body == "work: the token is not accepted (HTTP 401)"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (GatewayError(Kind.REFUSED, 200, "hush", "hush"), "the gateway refuses (HTTP 200)"),
        (GatewayError(Kind.NETWORK, None, "hush"), "no answer"),
        (InvalidDatabaseNameError("hush"), "the database could not be opened, read or written"),
        (ConfigError("hush"), "the configuration is missing or invalid"),
        (UnexpectedError(ValueError("hush")), "a bug in this program"),
    ],
)
def test_a_ping_has_the_program_s_own_words_only(
    database: Database, receiver: Receiver, tmp_path: Path, error: TrackerError, text: str
) -> None:
    config = settings(tmp_path, f'ping_url = "{receiver.url}"')
    after_snapshot(database, config, [Result(ACCOUNT, error=error)], NOW)
    no_snapshot(config, error, before_snapshot(config))
    assert [call.body for call in receiver.calls if call.method == "POST"] == [
        f"work: {text}",
        text,
    ]


def test_a_failed_ping_is_stored_without_its_url(database: Database, tmp_path: Path) -> None:
    config = settings(tmp_path, 'ping_url = "http://127.0.0.1:1/hush"')
    assert before_snapshot(config).wait() == ("ping_url: Connection refused",)
    assert after_snapshot(database, config, [STORED], NOW) == ("ping_url: Connection refused",)
    assert stored(database, "ping").problem == "ping_url: Connection refused"


def test_a_successful_ping_clears_the_problem(
    database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    for url in ("http://127.0.0.1:1/hush", receiver.url):
        config = settings(tmp_path, f'ping_url = "{url}"')
        after_snapshot(database, config, [STORED], NOW)
    assert stored(database, "ping").problem is None


def test_without_channels_nothing_is_loaded_or_done(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    program = f"""
import sys
from usage_tracker.config.settings import load
from usage_tracker.store.database import Database
from usage_tracker.monitoring.hooks import after_snapshot
with Database.open({str(tmp_path / "usage.db")!r}) as database:
    assert after_snapshot(database, load({str(tmp_path / "config.toml")!r}), [], 0) == ()
print([name for name in ("pandas", "numpy", "apprise", "rich") if name in sys.modules])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert ran.stdout == "[]\n"


def test_an_alert_that_cannot_be_stored_is_reported_and_fails_nothing(
    database: Database, receiver: Receiver, tmp_path: Path
) -> None:
    config = settings(tmp_path, f'urls = ["json://127.0.0.1:{receiver.port}"]')
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE alert")
    (problem,) = after_snapshot(database, config, [STORED], NOW)
    assert "alert" in problem
    assert receiver.calls == []
