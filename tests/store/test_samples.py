"""The books against the whole: what is remembered must be what a full ledger says."""

import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.examples import examples
from tests.forecast.samples import (
    START,
    bursts,
    diverging_histories,
    histories,
    regular_histories,
    shifted,
    steady,
)
from tests.forecast.samples import readings as readings_of
from usage_tracker import api
from usage_tracker.capture.user import UserSelf
from usage_tracker.forecast import backtest, depletion
from usage_tracker.forecast.backtest import RECENT_HOURS
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.history import History
from usage_tracker.ledger import build as ledger
from usage_tracker.ledger import events
from usage_tracker.ledger.arrays import UNKNOWN, SnapshotArrays
from usage_tracker.ledger.sampling import SampleQuery
from usage_tracker.reporting import stored as reports
from usage_tracker.reporting.build import build, view
from usage_tracker.reporting.model import Detail
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.store import accounts, audit, catch_up, checkpoints, samples, schema, snapshots
from usage_tracker.store import prefetch as prefetching
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.times import DAY, HOUR, MINUTE, from_ms

TAIPEI = zoneinfo.ZoneInfo("Asia/Taipei")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database.open(database_url) as opened:
        yield opened


def stored(database: Database, history: SnapshotArrays, name: str) -> StoredAccount:
    """A new account with these snapshots."""
    with database.write() as connection:
        account = accounts.get_or_create(connection, Named(name))
        requests = [None] * len(history) if history.requests is None else history.requests.tolist()
        columns = (history.times.tolist(), history.quota.tolist(), history.used.tolist(), requests)
        rows = [
            {"account_id": account.account_id, "captured_at": t, "quota": q, "used_quota": u}
            | {"request_count": None if n == UNKNOWN else n, "source": 0}
            for t, q, u, n in zip(*columns, strict=True)
        ]
        for start in range(0, len(rows), 10_000):
            connection.execute(insert(schema.snapshot), rows[start : start + 10_000])
    return account


class Named:
    """An account to store under."""

    base_url = "https://gateway.example"
    quota_per_unit = 500_000

    def __init__(self, name: str) -> None:
        self.name = name


def frame(since: int, until: int, as_of: int) -> ReportQuery:
    return ReportQuery.of(as_of, since, until, "day", TAIPEI)


def question(about: ReportQuery) -> SampleQuery:
    return SampleQuery(about.since, about.until, about.as_of, about.moments, RECENT_HOURS)


def assert_same(
    database: Database, account: StoredAccount, history: SnapshotArrays, f: ReportQuery
) -> None:
    """The report from the database is the one from all snapshots in memory."""
    fast = build([samples.sample(database, account, question(f))], f, "Asia/Taipei")
    whole = History(history, account.name, account.base_url)
    assert fast == build([view(whole, f)], f, "Asia/Taipei")
    assert fast.accounts[0].depletion == whole_forecast(whole, f.as_of)


def whole_forecast(history: History, as_of: int, level: float = 0.8) -> Depletion:
    """The forecast from all snapshots, none of them left out."""
    return history.forecast(as_of=from_ms(as_of), level=level)


class Counter:
    """Names that no earlier example has used."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"account {self.count}"


new_name = Counter()


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=st.one_of(regular_histories(), diverging_histories(), histories(least=1)),
    data=st.data(),
)
def test_a_report_from_the_books_is_the_one_from_the_whole_ledger(
    database: Database, history: SnapshotArrays, data: st.DataObject
) -> None:
    account = stored(database, history, new_name())
    first, last = int(history.times[0]), int(history.times[-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catch_up, "CHUNK", data.draw(st.sampled_from((40, 100, 10_000))))
        for _ in range(3):
            as_of = data.draw(st.integers(first - DAY, last + 3 * DAY))
            since = as_of - data.draw(st.integers(HOUR, 60 * DAY))
            until = data.draw(st.integers(since + 1, as_of + 1))
            assert_same(database, account, history, frame(since, until, as_of))


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=st.one_of(bursts(), bursts(), diverging_histories(), histories(least=1)), data=st.data()
)
def test_a_forecast_is_the_same_wherever_it_is_asked_for(
    database: Database, database_url: str, history: SnapshotArrays, data: st.DataObject
) -> None:
    first, last = int(history.times[0]), int(history.times[-1])
    past = data.draw(st.integers(first - 1, last + 5 * DAY))
    fell = history.times[1:][np.diff(history.used) < 0][:1].tolist()
    account = stored(database, history, new_name())
    loaded = api.load(database_url, account.name)
    for as_of in (last, past, *fell):
        level = data.draw(st.sampled_from((0.5, 0.8, 0.95)))
        assert_one_forecast(database, account, loaded, as_of, level)


def test_spend_within_one_hour_is_refused_wherever_a_forecast_is_asked_for(
    database: Database, database_url: str
) -> None:
    moments = range(0, 20 * DAY + 1, 10 * MINUTE)
    seen = [min(max((t - 9 * DAY) // (10 * MINUTE), 0), 4) * 50_000 for t in moments]
    history = readings_of(
        [(t, 10**7 - spent, spent) for t, spent in zip(moments, seen, strict=True)]
    )
    account = stored(database, history, "default")
    last = int(history.times[-1])
    told = assert_one_forecast(database, account, api.load(database_url), last, 0.8)
    assert told.state == "insufficient_data"
    assert told.reason == "needs spend in more than one hour of the history"


def assert_one_forecast(
    database: Database, account: StoredAccount, loaded: History, as_of: int, level: float
) -> Depletion:
    """The forecast of a notebook with all rows is the database's and every report's."""
    notebook = History.from_frame(loaded.snapshots, timezone="Asia/Taipei")
    frames = [frame(as_of - days * DAY, as_of, as_of) for days in (1, 45)]
    reported = [
        *(reports.report(database, [account.name], f, "Asia/Taipei").accounts[0] for f in frames),
        api.report(notebook, as_of=from_ms(as_of)).accounts[0],
    ]
    usual, asked = (whole_forecast(notebook, as_of, p) for p in (0.8, level))
    assert [each.depletion for each in reported] == [usual] * 3
    assert len({each.trust for each in reported}) == 1
    assert whole_forecast(loaded, as_of, level) == asked
    assert stored_forecast(database, account, as_of, level) == asked
    return asked


def stored_forecast(
    database: Database, account: StoredAccount, as_of: int, level: float
) -> Depletion:
    """The forecast as `tracker forecast` makes it."""
    (seen,) = reports.views(database, [account.name], frame(as_of - DAY, as_of, as_of))
    known = seen.ledger.readings.quota
    balance = int(known[-1]) if len(known) else 0
    return depletion.forecast(seen.ledger.drawn, balance=balance, as_of=as_of, level=level)


def test_past_forecasts_are_tried_on_the_same_hours_wherever_that_is_asked_for(
    database: Database, database_url: str
) -> None:
    rows = [(t, q - t**2 // 10**11, u + t**2 // 10**11) for t, q, u in steady(24 * 40)]
    history = readings_of(rows)
    account = stored(database, history, "default")
    loaded = api.load(database_url)
    for as_of in (int(history.times[-1]), START + 30 * DAY + 7):
        (seen,) = reports.tried(database, [account.name], as_of)
        whole = History(history).backtest(as_of=from_ms(as_of))
        assert len(whole.trials) > 100
        assert whole == loaded.backtest(as_of=from_ms(as_of))
        assert whole == backtest.run(seen.ledger.drawn, as_of=as_of)


@st.composite
def fleets(draw: st.DrawFn) -> list[SnapshotArrays]:
    """Several accounts, some new, some long silent, some whose gateway counts the calls."""
    drawn = draw(st.lists(st.one_of(regular_histories(), histories()), min_size=3, max_size=6))
    return [counted(history, draw(st.floats(0, 1))) for history in drawn]


def counted(history: SnapshotArrays, share: float) -> SnapshotArrays:
    """The same with a count of calls in that `share` of the snapshots."""
    random = np.random.default_rng(len(history))
    calls = np.cumsum(random.integers(0, 50, len(history)))
    requests = np.where(random.random(len(history)) < share, calls, UNKNOWN)
    told = requests if (requests != UNKNOWN).any() else None
    return SnapshotArrays(history.times, history.quota, history.used, told)


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(fleet=fleets(), data=st.data())
def test_an_overview_of_many_accounts_is_what_their_whole_ledgers_say(
    database: Database, fleet: list[SnapshotArrays], data: st.DataObject
) -> None:
    there = [stored(database, history, new_name()) for history in fleet]
    names = [account.name for account in there]
    as_of = START + data.draw(st.integers(0, 120 * DAY))
    since = as_of - data.draw(st.integers(HOUR, 60 * DAY))
    f = frame(since, data.draw(st.integers(since + 1, as_of + 1)), as_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reports, "FLEET", 1)
        patch.setattr(samples, "BATCH", data.draw(st.integers(1, 6)))
        patch.setattr(prefetching, "SEEK", data.draw(st.sampled_from((0, 10))))
        told = [reports.report(database, names, f, "Asia/Taipei") for _ in range(2)]
    whole = [History(h, a.name, a.base_url) for h, a in zip(fleet, there, strict=True)]
    asked = (f.since, f.until, f.as_of, f.moments, reports.BRIEF_HOURS)
    right = build([history.view(*asked) for history in whole], f, "Asia/Taipei", Detail.DEPLETION)
    assert told == [right, right]


def lived(days: int) -> list[tuple[int, int, int]]:
    rows = steady(24 * days)
    for day in range(3, days - 3, 3):
        rows = shifted(rows, 24 * day + 5, quota=day * 1_000_000)
    return rows


def test_what_is_settled_is_scanned_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = readings_of(lived(40))
    account = stored(database, history, "default")
    f = frame(START, START + 40 * DAY, START + 40 * DAY)
    assert_same(database, account, history, f)
    looked_at = []

    def build_ledger(
        readings: SnapshotArrays, start: events.Checkpoint | None = None
    ) -> ledger.Ledger:
        looked_at.append(len(readings))
        return build_whole(readings, start)

    build_whole = ledger.build_ledger
    monkeypatch.setattr(ledger, "build_ledger", build_ledger)
    samples.sample(database, account, question(f))
    assert looked_at
    assert max(looked_at) < 15 * 144


def test_snapshots_from_before_the_mark_move_it_back(database: Database) -> None:
    history = readings_of(lived(40))
    gap = (history.times > START + 20 * DAY) & (history.times < START + 21 * DAY)
    holed = SnapshotArrays(history.times[~gap], history.quota[~gap], history.used[~gap])
    account = stored(database, holed, "default")
    f = frame(START, START + 40 * DAY, START + 40 * DAY)
    assert_same(database, account, holed, f)
    with database.write() as connection:
        for t, q, u in zip(history.times[gap], history.quota[gap], history.used[gap], strict=True):
            answer = UserSelf(int(t), int(q), int(u), None, {})
            snapshots.save(connection, account, answer)
    assert_same(database, account, history, f)


@pytest.mark.parametrize("known", [0, 35], ids=["at first", "from a mark"])
def test_a_scan_that_an_import_has_overtaken_is_not_remembered(
    database: Database, known: int
) -> None:
    history = readings_of(lived(40))
    gap = (history.times > START + 20 * DAY) & (history.times < START + 21 * DAY)
    holed = SnapshotArrays(history.times[~gap], history.quota[~gap], history.used[~gap])
    account = stored(database, holed, "default")
    if known:
        samples.sample(database, account, question(frame(START, START + DAY, START + known * DAY)))
    with database.read() as connection:
        overtaken = catch_up.catch_up_account(connection, account.account_id, START + 40 * DAY)
    assert overtaken.is_worth_storing()
    with database.write() as connection:
        for t, q, u in zip(history.times[gap], history.quota[gap], history.used[gap], strict=True):
            snapshots.save(connection, account, UserSelf(int(t), int(q), int(u), None, {}))
    catch_up.store_settled(database, {account.account_id: overtaken})
    assert audit.audit(database, account).difference is None
    assert_same(database, account, history, frame(START, START + 40 * DAY, START + 40 * DAY))


def test_a_mark_a_week_is_kept(database: Database) -> None:
    history = readings_of(lived(40))
    account = stored(database, history, "default")
    for day in range(5, 41):
        f = frame(START, START + day * DAY, START + day * DAY)
        samples.sample(database, account, question(f))
    with database.read() as connection:
        marks = checkpoints.list_checkpoints(connection, account.account_id)
    assert 4 <= len(marks) <= 7
    assert [mark.count for mark in marks] == [
        int((history.times <= mark.scanned_to).sum()) for mark in marks
    ]


def test_a_database_that_cannot_be_written_is_reported_on_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    history = readings_of(lived(40))
    with Database.open(path) as database:
        account = stored(database, history, "default")
    f = frame(START, START + 40 * DAY, START + 40 * DAY)
    with Database.open(path) as database, Database.open(path) as other, other.write():
        assert_same(database, account, history, f)


def test_the_audit_finds_what_was_tampered_with(database: Database) -> None:
    history = readings_of(lived(40))
    account = stored(database, history, "default")
    f = frame(START, START + 40 * DAY, START + 40 * DAY)
    samples.sample(database, account, question(f))
    assert audit.audit(database, account).difference is None
    with database.write() as connection:
        connection.execute(
            schema.event.update()
            .where(schema.event.c.kind == "top_up")
            .values(quota=schema.event.c.quota + 1)
        )
    assert audit.audit(database, account).difference is not None


def test_an_account_without_snapshots_has_an_empty_view(database: Database) -> None:
    nothing = SnapshotArrays(*(np.empty(0, np.int64) for _ in range(3)))
    account = stored(database, nothing, "default")
    seen = samples.sample(database, account, question(frame(START, START + DAY, START + DAY)))
    assert (len(seen.ledger.readings), seen.counts.count) == (0, 0)
