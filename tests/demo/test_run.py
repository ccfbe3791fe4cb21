import socket
from pathlib import Path

import pytest

from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.config.accounts import Account, read_accounts
from usage_tracker.config.file import read_config
from usage_tracker.demo.run import DemoFolderTakenError, DemoResult, run, serving
from usage_tracker.recording import capture
from usage_tracker.store import accounts, failures, profiles, snapshots
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.store.snapshots import Snapshot
from usage_tracker.times import DAY, MINUTE, now_ms


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "not" / "there"


@pytest.fixture(scope="module")
def result(home: Path) -> DemoResult:
    return run(home)


@pytest.fixture(scope="module")
def stored(result: DemoResult) -> list[Snapshot]:
    with Database.open(result.database, create=False) as database, database.read() as connection:
        account = accounts.get(connection, result.account)
        return list(snapshots.iterate(connection, account.account_id))


@pytest.fixture(scope="module")
def failed(result: DemoResult) -> list[Failure]:
    with Database.open(result.database, create=False) as database, database.read() as connection:
        account = accounts.get(connection, result.account)
        return failures.between(connection, account.account_id)


def configured(result: DemoResult) -> Account:
    (account,) = read_accounts(read_config(result.config)["account"], result.config)
    return account


def port(result: DemoResult) -> int:
    return int(result.base_url.rpartition(":")[2])


def test_the_history_is_the_past_and_what_was_polled_over_http(
    result: DemoResult, stored: list[Snapshot]
) -> None:
    polled = [r.captured_at for r in result.results if r.captured_at is not None]
    assert [row.captured_at for row in stored[result.past_snapshots :]] == polled
    assert len(stored) == result.past_snapshots + 2
    assert result.past_snapshots > 11_000


def test_the_gateway_continues_from_where_the_past_ended(stored: list[Snapshot]) -> None:
    before, first, second = stored[-3:]
    assert 0 < first.captured_at - before.captured_at < 11 * MINUTE
    for earlier, later in ((before, first), (first, second)):
        assert earlier.request_count is not None
        assert later.request_count is not None
        assert later.used_quota >= earlier.used_quota
        assert later.request_count >= earlier.request_count


def test_the_past_has_the_profile_that_the_gateway_returns(
    result: DemoResult, stored: list[Snapshot]
) -> None:
    (profile_id,) = {row.profile_id for row in stored}
    with Database.open(result.database, create=False) as database, database.read() as connection:
        body = profiles.get(connection, profile_id)
    assert body is not None
    assert body["data"]["quota_remind_threshold"] == 5_000_000


def test_the_failures_are_those_of_the_past_outage_and_of_the_one_during_the_demo(
    result: DemoResult, failed: list[Failure]
) -> None:
    assert {(one.kind, one.http_status) for one in failed} == {("server_error", 503)}
    assert len(failed) == 6
    errors = [r.error for r in result.results if isinstance(r.error, GatewayError)]
    assert [error.kind for error in errors] == [Kind.SERVER_ERROR]
    now = now_ms()
    assert sum(one.attempted_at > now - DAY for one in failed) == 1


def test_only_the_key_file_holds_the_key_and_all_is_private(result: DemoResult, home: Path) -> None:
    key = (home / "keys" / "demo").read_bytes().strip()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(key) > 16
    assert [path.name for path in files if key in path.read_bytes()] == ["demo"]
    assert not [path for path in files if path.stat().st_mode & 0o077]
    assert result.config.parent == result.database.parent == home


def test_nothing_answers_any_more(result: DemoResult) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port(result)))


def test_a_folder_with_a_history_is_left_alone(result: DemoResult, home: Path) -> None:
    before = result.database.read_bytes()
    with pytest.raises(DemoFolderTakenError, match="name another folder"):
        run(home)
    assert result.database.read_bytes() == before


def test_without_a_folder_it_makes_a_private_one_and_can_be_asked_while_it_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with serving(speed=1e7) as result:
        (home,) = temporary.iterdir()
        assert result.database.parent == home
        assert home.stat().st_mode & 0o077 == 0
        with Database.open(result.database, create=False) as database:
            (later,) = capture(database, [configured(result)])
    before = result.results[-1].answer
    assert before is not None
    assert later.answer is not None
    assert later.answer.used_quota > before.used_quota
