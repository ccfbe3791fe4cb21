"""A pruned history remembers what its snapshots cannot say any more: nothing of it gets lost."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sqlalchemy import delete

import usage_tracker as ut
from tests.examples import examples
from tests.forecast.samples import START, readings, regular_histories, shifted, steady
from tests.store.test_samples import frame, lived, new_name, question, stored
from usage_tracker import pruning
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.events import Event
from usage_tracker.render.json import render
from usage_tracker.reporting.build import build
from usage_tracker.store import accounts, audit, checkpoints, samples, schema
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database
from usage_tracker.store.export import export_file
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import InvalidHistoryError
from usage_tracker.store.importing.run import import_history
from usage_tracker.store.integrity import check
from usage_tracker.times import DAY, HOUR

DAYS = 60
PRUNED = START + 40 * DAY


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "here.db") as opened:
        yield opened


@pytest.fixture
def there(database_url: str) -> Iterator[Database]:
    with Database.open(database_url) as opened:
        yield opened


@pytest.fixture
def back(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "back.db") as opened:
        yield opened


def prune(database: Database, account: StoredAccount, before: int = PRUNED) -> int:
    return pruning.carry_out(database, pruning.plan(database, account, before, "hour", dt.UTC))


def account_in(database: Database, name: str) -> StoredAccount:
    with database.read() as connection:
        return accounts.get(connection, name)


def report(database: Database, name: str, first: int, last: int) -> str:
    f = frame(first - 1, last + 1, last + 1)
    return render(
        build([samples.sample(database, account_in(database, name), question(f))], f, "UTC")
    )


def baseline_and_events(
    database: Database, name: str
) -> tuple[StoredCheckpoint | None, list[Event]]:
    """What stands for good of an account."""
    account_id = account_in(database, name).account_id
    with database.read() as connection:
        floor = checkpoints.baseline(connection, account_id)
        if floor is None:
            return None, []
        return floor, checkpoints.list_events(connection, account_id, floor.scanned_to)


def assert_same_history(one: Database, other: Database, name: str) -> None:
    mine, yours = (ut.load(str(database.location), name) for database in (one, other))
    assert mine.settled == yours.settled
    assert_frame_equal(mine.events, yours.events)
    assert_frame_equal(mine.spend("day", "UTC"), yours.spend("day", "UTC"))


def exported(database: Database, name: str, path: Path) -> Path:
    export_file(database, name, path, "jsonl")
    return path


@settings(
    max_examples=examples(10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=regular_histories(), share=st.floats(0, 1))
def test_a_pruned_history_is_the_same_wherever_it_is_moved(
    tmp_path: Path,
    here: Database,
    there: Database,
    back: Database,
    history: SnapshotArrays,
    share: float,
) -> None:
    name = new_name()
    history = replace(history, times=history.times - 730 * DAY)  # None of it is in the future.
    account = stored(here, history, name)
    first, last = int(history.times[0]), int(history.times[-1])
    prune(here, account, first + int(share * (last - first)))
    expected = report(here, name, first, last)
    only = AccountSpec(name)
    import_history(there, str(here.location), only)
    import_history(back, str(there.location), only)
    file = exported(here, name, tmp_path / "out.jsonl")
    with Database.open(tmp_path / f"{name}.db") as fresh:
        import_history(fresh, file)
        for database in (there, back, fresh):
            assert baseline_and_events(database, name) == baseline_and_events(here, name)
            assert report(database, name, first, last) == expected
            assert audit.audit(database, account_in(database, name)).difference is None
            assert_same_history(here, database, name)
            before = baseline_and_events(database, name)
            again = import_history(database, file)
            assert (again.added, again.kept_own_events) == (0, ())
            assert baseline_and_events(database, name) == before
            assert exported(database, name, tmp_path / "again.jsonl").read_text() == (
                file.read_text()
            )
        assert check(fresh, last) == []


def test_no_coverage_is_lost_and_no_gap_invented(here: Database, tmp_path: Path) -> None:
    account = stored(here, readings(lived(DAYS)), "default")
    assert prune(here, account) > 2_500
    with Database.open(tmp_path / "fresh.db") as fresh:
        import_history(fresh, exported(here, "default", tmp_path / "out.jsonl"))
        events = ut.load(str(fresh.location)).events
        assert "gap" not in set(events["kind"])
        assert len(events) == len(ut.load(str(here.location)).events)
        assert ut.load(str(fresh.location)).spend()["coverage"].min() > 0.99


def test_an_account_that_lost_the_events_gets_them_back(here: Database, there: Database) -> None:
    prune(here, stored(here, readings(lived(DAYS)), "default"))
    import_history(there, str(here.location))
    with there.write() as connection:
        for table in (schema.event, schema.mark):
            connection.execute(delete(table))
    samples.sample(there, account_in(there, "default"), question(frame(START, PRUNED, PRUNED)))
    assert import_history(there, str(here.location)).added == 0
    assert baseline_and_events(there, "default") == baseline_and_events(here, "default")
    assert audit.audit(there, account_in(there, "default")).difference is None


def test_an_account_with_later_snapshots_takes_the_pruned_past_over(
    here: Database, there: Database
) -> None:
    whole = readings(lived(DAYS + 20))
    prune(here, stored(here, whole.until(START + DAYS * DAY), "default"))
    stored(there, whole[whole.times.searchsorted(START + 45 * DAY) :], "default")
    report(there, "default", START, int(whole.times[-1]))
    assert import_history(there, str(here.location)).kept_own_events == ()
    assert baseline_and_events(there, "default") == baseline_and_events(here, "default")
    stored(here, whole[whole.times.searchsorted(START + DAYS * DAY, "right") :], "default")
    ends = int(whole.times[0]), int(whole.times[-1])
    assert report(there, "default", *ends) == report(here, "default", *ends)
    assert audit.audit(there, account_in(there, "default")).difference is None


def test_an_account_keeps_its_own_snapshots_of_the_pruned_time(
    here: Database, there: Database
) -> None:
    history = readings(lived(DAYS))
    prune(here, stored(here, history, "default"))
    stored(there, history, "default")
    ends = int(history.times[0]), int(history.times[-1])
    expected = report(there, "default", *ends)
    done = import_history(there, str(here.location))
    assert (done.added, done.kept_own_events) == (0, ("default",))
    assert baseline_and_events(there, "default") == (None, [])
    assert report(there, "default", *ends) == expected
    assert audit.audit(there, account_in(there, "default")).difference is None


def test_the_later_of_two_basereceive_all_one_history_is_kept(
    here: Database, there: Database, back: Database
) -> None:
    account = stored(here, readings(lived(DAYS)), "default")
    prune(here, account, START + 20 * DAY)
    import_history(there, str(here.location))
    import_history(back, str(here.location))
    prune(back, account_in(back, "default"), PRUNED)
    later = baseline_and_events(back, "default")
    assert import_history(back, str(here.location)).kept_own_events == ()
    floor, events = baseline_and_events(back, "default")
    assert floor is not None
    assert later[0] is not None
    assert (floor.scanned_to, events) == (later[0].scanned_to, later[1])
    assert audit.audit(back, account_in(back, "default")).difference is None
    assert import_history(there, str(back.location)).kept_own_events == ()
    assert baseline_and_events(there, "default") == baseline_and_events(back, "default")


def test_events_that_only_the_account_remembers_are_kept(here: Database, there: Database) -> None:
    flat = readings(steady(24 * DAYS))
    topped_up = readings(shifted(steady(24 * DAYS), 24 * 5, quota=9_000_000))
    prune(here, stored(here, topped_up, "default"))
    prune(there, stored(there, flat, "default"), START + 20 * DAY)
    floor, events = baseline_and_events(there, "default")
    assert floor is not None
    with there.write() as connection:
        connection.execute(delete(schema.snapshot))
        connection.execute(
            schema.event.insert().values(
                account_id=account_in(there, "default").account_id,
                captured_at=START + 9 * HOUR,
                after=START + 8 * HOUR,
                kind="refund",
                quota=7,
            )
        )
    assert import_history(there, str(here.location)).kept_own_events == ("default",)
    own = baseline_and_events(there, "default")
    assert own[0] is not None
    assert own[0].scanned_to == floor.scanned_to
    assert {event.kind for event in own[1]} - {event.kind for event in events} == {"refund"}


def test_a_database_with_an_impossible_event_is_refused(here: Database, back: Database) -> None:
    prune(here, stored(here, readings(lived(DAYS)), "default"))
    with here.write() as connection:
        connection.execute(schema.event.update().values(quota=-1))
    with pytest.raises(InvalidHistoryError, match="'default': quota is impossible for top_up"):
        import_history(back, str(here.location))
    with back.read() as connection:
        assert accounts.find(connection, "default") is None
