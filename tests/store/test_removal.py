from collections.abc import Iterator

import pytest

from tests.forecast.samples import START, readings
from tests.store.samples import answer, contents, save
from tests.store.test_samples import frame, lived, question, stored
from tests.test_pruning import prune
from usage_tracker.capture.user import UserSelf
from usage_tracker.reporting import Report
from usage_tracker.reporting.build import build
from usage_tracker.store import accounts, audit, checkpoints, removal, samples, snapshots
from usage_tracker.store.accounts import AccountRemovedError, StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.removal import (
    AmbiguousMomentError,
    NoSuchSnapshotError,
    PrunedSnapshotError,
    RemovedMeanwhileError,
)
from usage_tracker.store.snapshots import Snapshot
from usage_tracker.times import DAY, HOUR, MINUTE, SECOND, iso

DAYS = 60
END = START + DAYS * DAY
WHOLE = frame(START - DAY, END + DAY, END + 40 * DAY)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database.open(database_url) as opened:
        yield opened


def report(database: Database, account: StoredAccount) -> Report:
    return build([samples.sample(database, account, question(WHOLE))], WHOLE, "Asia/Taipei")


def remove(database: Database, account: StoredAccount, moment: int, span: int = 1) -> Snapshot:
    with database.read() as connection:
        found = removal.find(connection, account, moment, span)
    removal.remove(database, account, found)
    return found


def backups(database: Database) -> int:
    return len([*database.location.path.parent.glob("*.before-remove.*")])


STRAYS = {
    "three days behind": END - 3 * DAY + MINUTE,
    "an hour behind": END - HOUR + MINUTE,
    "a month behind": END - 30 * DAY + 1,
    "before all others": START - HOUR,
    "a month ahead": END + 30 * DAY,
}


@pytest.mark.parametrize("moment", STRAYS.values(), ids=STRAYS)
def test_without_a_stray_snapshot_the_ledger_is_what_it_was(
    database: Database, moment: int
) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    before = report(database, account)
    stray = UserSelf(moment, 10**6, 10**8, None, {})
    with database.write() as connection:
        snapshots.save(connection, account, stray)
    assert report(database, account) != before
    assert remove(database, account, moment).captured_at == moment
    assert report(database, account) == before
    assert report(database, account) == before  # from what is stored, too
    assert audit.audit(database, account).difference is None
    assert backups(database) == (1 if database.location.is_sqlite else 0)


def test_the_backup_has_the_snapshot(database: Database) -> None:
    if not database.location.is_sqlite:
        pytest.skip("a server's database is not backed up")
    account = save(database, answer(START), answer(START + HOUR, 5))
    before = contents(database)
    with database.read() as connection:
        found = removal.find(connection, account, START, 1)
    backup = removal.remove(database, account, found)
    assert backup is not None
    with Database.open(backup) as other:
        assert contents(other) == before
    assert [row[1] for row in contents(database)["snapshot"]] == [START + HOUR]


def test_the_only_snapshot_can_be_removed(database: Database) -> None:
    account = save(database, answer(START))
    remove(database, account, START)
    with database.read() as connection:
        assert snapshots.last(connection, account.account_id) is None
    with pytest.raises(NoSuchSnapshotError, match="it has none"):
        remove(database, account, START)


@pytest.mark.parametrize(
    ("moment", "near"),
    [
        (START - DAY, [START]),
        (START + 1, [START, START + HOUR]),
        (START + DAY, [START + HOUR]),
    ],
)
def test_where_there_is_no_snapshot_the_nearest_are_named(
    database: Database, moment: int, near: list[int]
) -> None:
    account = save(database, answer(START), answer(START + HOUR, 5))
    with pytest.raises(NoSuchSnapshotError) as caught:
        remove(database, account, moment)
    assert str(caught.value).endswith(" and ".join(map(iso, near)))
    assert iso(moment) in str(caught.value)
    assert backups(database) == 0


def test_a_second_names_the_snapshot_in_it_unless_there_are_several(database: Database) -> None:
    moments = (START, START + 1, START + 2 * SECOND + 500)
    account = save(database, *(answer(moment) for moment in moments))
    with pytest.raises(AmbiguousMomentError) as caught:
        remove(database, account, START, SECOND)
    assert f"2 snapshots in that second: name one of {iso(START)}, {iso(START + 1)}" in str(
        caught.value
    )
    assert remove(database, account, START + 2 * SECOND, SECOND).captured_at == moments[2]
    assert remove(database, account, START + 1).captured_at == START + 1


def test_a_pruned_part_of_a_history_stays_as_it_is(database: Database) -> None:
    account = stored(database, readings(lived(DAYS)), "default")
    prune(database, account, START + 40 * DAY)
    with database.read() as connection:
        baseline = checkpoints.baseline(connection, account.account_id)
        assert baseline is not None
        floor = baseline.scanned_to
        pruned = snapshots.at(connection, account.account_id, START + 20 * DAY)
        newer = snapshots.after(connection, account.account_id, floor)
    assert pruned is not None
    assert newer is not None
    for moment in (START, pruned.captured_at, floor):
        with pytest.raises(PrunedSnapshotError, match="was pruned"):
            remove(database, account, moment)
    remove(database, account, newer.captured_at)
    assert audit.audit(database, account).difference is None


def test_what_changed_meanwhile_is_not_removed(database: Database) -> None:
    account = save(database, answer(START), answer(START + HOUR, 5))
    with database.read() as connection:
        found = removal.find(connection, account, START, 1)
    removal.remove(database, account, found)
    with pytest.raises(RemovedMeanwhileError, match="changed meanwhile"):
        removal.remove(database, account, found)
    with database.write() as connection:
        accounts.remove(connection, "default")
    with pytest.raises(AccountRemovedError):
        removal.remove(database, account, found)
