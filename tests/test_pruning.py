import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.forecast.samples import START, readings, regular_histories
from tests.store.test_samples import frame, lived, new_name, question, stored
from usage_tracker import pruning
from usage_tracker.capture.user import UserSelf
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.reporting import Report
from usage_tracker.reporting.build import build
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.store import audit, checkpoints, failures, samples, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.times import DAY, HOUR, parse_zone

DAYS = 60
END = START + DAYS * DAY


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PAUSE", 0)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database.open(database_url) as opened:
        yield opened


def report(database: Database, account: StoredAccount, f: ReportQuery) -> Report:
    return build([samples.sample(database, account, question(f))], f, "Asia/Taipei")


def prune(
    database: Database, account: StoredAccount, before: int, grain: pruning.Grain = "hour"
) -> int:
    planned = pruning.plan(database, account, before, grain, parse_zone("Asia/Taipei"))
    return pruning.carry_out(database, planned)


def figures(report: Report) -> object:
    """What pruning must not change: all but the number of snapshots and how well they cover."""
    account = report.accounts[0]
    periods = tuple(replace(period, coverage=0.0, requests=None) for period in account.periods)
    return account.reconciliation, periods, account.events, account.balance, account.depletion


def test_totals_events_and_balances_are_what_they_were(database: Database) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    whole = frame(START, END, END)
    before = report(database, account, whole)
    pruned = prune(database, account, START + 40 * DAY)
    after = report(database, account, whole)
    assert pruned > 2_500
    assert figures(after) == figures(before)
    assert after.accounts[0].snapshots.count == before.accounts[0].snapshots.count - pruned
    assert audit.audit(database, account).difference is None


def test_the_past_is_still_seen_as_it_was_known(database: Database) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    full_hour = (START + 20 * DAY) // HOUR * HOUR
    then = frame(START, full_hour, full_hour)
    before = report(database, account, then)
    prune(database, account, START + 40 * DAY)
    after = report(database, account, then)
    settled = [event for event in before.accounts[0].events if event.confirmed]
    assert [replace(e, confirmed=True) for e in after.accounts[0].events] == settled
    assert after.accounts[0].balance == before.accounts[0].balance


def test_pruned_again_there_is_nothing_to_prune(database: Database) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    assert prune(database, account, START + 40 * DAY)
    assert prune(database, account, START + 40 * DAY) == 0
    assert prune(database, account, START + 50 * DAY)
    assert audit.audit(database, account).difference is None


def test_by_the_day_fewer_stay_than_by_the_hour(database: Database) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    by_hour = prune(database, account, START + 40 * DAY)
    assert prune(database, account, START + 40 * DAY, "day") > 0
    assert by_hour > 0


def test_snapshots_that_come_late_into_the_pruned_past_take_no_event_away(
    database: Database,
) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    whole = frame(START, END, END)
    events = report(database, account, whole).accounts[0].events
    prune(database, account, START + 40 * DAY)
    with database.write() as connection:
        late = UserSelf(START + 10 * DAY + 1, 50_000_000, 15_000_000, None, {})
        snapshots.save(connection, account, late)
    assert report(database, account, whole).accounts[0].events == events
    assert audit.audit(database, account).difference is None


def test_the_baseline_stays_when_a_later_checkpoint_of_its_week_is_stored(
    database: Database,
) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    prune(database, account, START + 40 * DAY)
    (floor,) = marks(database, account)
    report(database, account, frame(START, START + 42 * DAY, START + 42 * DAY))
    later, lowest = marks(database, account)
    assert lowest == floor
    assert later.scanned_to // checkpoints.WEEK == floor.scanned_to // checkpoints.WEEK
    whole = frame(START, END, END)
    events = report(database, account, whole).accounts[0].events
    with database.write() as connection:
        late = UserSelf(START + 10 * DAY + 1, 50_000_000, 15_000_000, None, {})
        snapshots.save(connection, account, late)
    assert report(database, account, whole).accounts[0].events == events


def marks(database: Database, account: StoredAccount) -> list[StoredCheckpoint]:
    with database.read() as connection:
        return checkpoints.list_checkpoints(connection, account.account_id)


def test_the_snapshots_beside_each_event_stay(database: Database) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    planned = pruning.plan(database, account, START + 40 * DAY, "day", parse_zone("Asia/Taipei"))
    assert pruning.carry_out(database, planned)
    assert len(planned.events) > 10
    with database.read() as connection:
        left = {row[0] for row in snapshots.rows(connection, account.account_id, START, END + 1)}
    assert {at for event in planned.events for at in (event.after, event.at)} <= left


def test_what_was_planned_is_not_carried_out_on_another_history(database: Database) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    planned = pruning.plan(database, account, START + 40 * DAY, "hour", dt.UTC)
    with database.write() as connection:
        snapshots.save(connection, account, UserSelf(START + 1, 50_000_000, 0, None, {}))
    with pytest.raises(pruning.HistoryChangedError, match="run it again"):
        pruning.carry_out(database, planned)


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=regular_histories(), share=st.floats(0, 1), grain=st.sampled_from(["hour", "day"]))
def test_whatever_is_pruned_the_days_and_events_stay(
    database: Database, history: SnapshotArrays, share: float, grain: pruning.Grain
) -> None:
    account = stored(database, history, new_name())
    first, last = int(history.times[0]), int(history.times[-1])
    whole = frame(first - 1, last + 1, last + 1)
    before = report(database, account, whole).accounts[0]
    prune(database, account, first + int(share * (last - first)), grain)
    after = report(database, account, whole).accounts[0]
    assert after.reconciliation == before.reconciliation
    assert [(p.spend, p.closing) for p in after.periods] == [
        (p.spend, p.closing) for p in before.periods
    ]
    assert after.events == before.events
    assert audit.audit(database, account).difference is None


@pytest.mark.parametrize("step", [1, 50, 2_000])
def test_others_write_between_the_steps(
    database: Database, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    account = stored(database, readings(lived(26)), new_name())
    monkeypatch.setattr(pruning, "STEP", step)
    whole = frame(START, START + 26 * DAY, START + 26 * DAY)
    before, pauses = figures(report(database, account, whole)), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) % 100 == 1:  # another process can write, and the ledger is whole
            with database.write(0.1) as connection:
                failures.record(connection, account.account_id, Failure(START, "timeout"))
            assert figures(report(database, account, whole)) == before

    monkeypatch.setattr("time.sleep", pause)
    planned = pruning.plan(database, account, START + 21 * DAY, "hour", dt.UTC)
    assert pruning.carry_out(database, planned) == len(planned.surplus) > 300
    assert len(pauses) >= len(planned.surplus) / step
    assert audit.audit(database, account).difference is None


def test_a_prune_that_is_ended_leaves_a_whole_ledger_and_can_be_repeated(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = stored(database, readings(lived(26)), new_name())
    monkeypatch.setattr(pruning, "STEP", 200)
    whole = frame(START, START + 26 * DAY, START + 26 * DAY)
    before = figures(report(database, account, whole))

    def end(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("time.sleep", end)
        with pytest.raises(KeyboardInterrupt):
            prune(database, account, START + 21 * DAY)
    assert figures(report(database, account, whole)) == before
    assert audit.audit(database, account).difference is None
    assert prune(database, account, START + 21 * DAY) > 0
    assert figures(report(database, account, whole)) == before


def test_a_plan_takes_little_memory(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as database:
        account = stored(database, readings(lived(DAYS)), "default")
        planned = pruning.plan(database, account, START + 40 * DAY, "day", dt.UTC)
    assert memoryview(planned.surplus).itemsize == 8  # type: ignore[arg-type]


def test_the_file_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        account = stored(database, readings(lived(DAYS)), "default")
        assert prune(database, account, START + 40 * DAY)
    before = path.stat().st_size
    with Database.open(path) as database:
        database.compact()
    assert path.stat().st_size < 0.75 * before


def test_a_file_in_which_others_are_at_work_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as other, other.write(), Database.open(path, deadline=0.05) as mine:
        mine.compact()
