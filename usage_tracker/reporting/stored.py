"""Reports on the accounts of a database."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from usage_tracker import times
from usage_tracker.config.accounts import Account, retired
from usage_tracker.forecast.backtest import BACKTEST_HOURS, RECENT_HOURS
from usage_tracker.forecast.spend_profile import HISTORY_DAYS
from usage_tracker.ledger.sampling import AccountSample, SampleQuery
from usage_tracker.reporting.build import build
from usage_tracker.reporting.model import FLEET, Detail, Report
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.store import accounts, forecasts, samples
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.forecasts import StoredForecast
from usage_tracker.store.same_user import same_users

BRIEF_HOURS = 24 * HISTORY_DAYS
"""The hours that an overview reads: those that forecasts learn from."""


def report(
    database: Database,
    names: Sequence[str],
    query: ReportQuery,
    timezone: str,
    details: Detail = Detail.ALL,
    configured: Sequence[Account] = (),
) -> Report:
    """Return the report on the accounts called `names`, or on all, ordered by name.

    Those that are not among the `configured` ones are marked as retired.

    Raises:
        UnknownAccountError: nothing is stored under one of the names.
    """
    chosen = _chosen(database, names)
    brief = len(chosen) > FLEET
    sampled = query.sample(BRIEF_HOURS if brief else RECENT_HOURS)
    shown = details & Detail.DEPLETION if brief else details
    told = build(samples.samples(database, chosen, sampled), query, timezone, shown)
    if Detail.DEPLETION in shown and query.as_of > times.now_ms() - times.MINUTE:
        _store_forecasts(database, chosen, told)
    with database.read() as connection:
        same = same_users(connection, chosen, configured)
    left = retired(configured, (account.name for account in chosen))
    marked = (
        replace(each, same_user=same.get(each.account, ()), retired=each.account in left)
        for each in told.accounts
    )
    return replace(told, accounts=tuple(marked)) if same or left else told


def _store_forecasts(database: Database, chosen: Sequence[StoredAccount], report: Report) -> None:
    """Store what `tracker status` shows of the forecasts of `report`."""
    ids = {account.name: account.account_id for account in chosen}
    found = {
        ids[each.account]: StoredForecast(
            times.to_ms(each.depletion.origin),
            each.balance.quota,
            each.depletion.state,
            *(
                None if moment is None else times.to_ms(moment)
                for moment in (each.depletion.low, each.depletion.median, each.depletion.high)
            ),
        )
        for each in report.accounts
        if each.balance is not None and each.depletion.origin is not None
    }
    forecasts.store(database, found)


def views(
    database: Database, names: Sequence[str], query: ReportQuery, hours: int = RECENT_HOURS
) -> Iterator[AccountSample]:
    """Yield a sample of each account: the moments of `query` and its last `hours`."""
    return samples.samples(database, _chosen(database, names), query.sample(hours))


def tried(database: Database, names: Sequence[str], as_of: int) -> Iterator[AccountSample]:
    """Yield what a backtest needs of each account, the same as a history in memory."""
    query = SampleQuery(0, 1, as_of, np.empty(0, np.int64), BACKTEST_HOURS)
    return samples.samples(database, _chosen(database, names), query)


def _chosen(database: Database, names: Sequence[str]) -> list[StoredAccount]:
    with database.read() as connection:
        return accounts.get_many(connection, names)
