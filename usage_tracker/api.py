"""The functions of `import usage_tracker as ut`: load(), report(), plot() and so on."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pandas as pd

from usage_tracker import arguments, dataframes, times
from usage_tracker.analysis.calendar import By
from usage_tracker.arguments import Moment, Zone
from usage_tracker.config.settings import Settings
from usage_tracker.config.settings import load as load_settings
from usage_tracker.errors import MisuseError
from usage_tracker.histories import Histories, histories_of
from usage_tracker.history import History, in_zone
from usage_tracker.ledger.build import Baseline
from usage_tracker.ledger.events import Checkpoint
from usage_tracker.render.chart_data.kinds import DETAILS, Kind
from usage_tracker.reporting import Detail, Report
from usage_tracker.reporting.build import build, view
from usage_tracker.reporting.model import FLEET
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.store import accounts as stored
from usage_tracker.store import failures, snapshot_arrays
from usage_tracker.store.accounts import NothingStoredError, StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.ledger_source import LedgerSource

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from sqlalchemy import Connection

OneOrMore = History | Iterable[History] | Mapping[str, History]
"""A history, a list of them, or what `load_all()` returns."""

_SIZES = range(1, 8001)
"""How many pixels wide and high a picture may be."""


class UnknownChartError(MisuseError):
    """An unknown kind of chart."""

    def __init__(self, kind: object) -> None:
        known = ", ".join(get_args(Kind))
        super().__init__(f"{str(kind)[:60]!r} is not a chart: use {known}")


class UnusableSizeError(MisuseError):
    """An invalid width or height of a picture."""

    def __init__(self, pixels: object) -> None:
        super().__init__(
            f"{repr(pixels)[:60]} pixels are no picture's size: use {_SIZES[0]} to {_SIZES[-1]}"
        )


class NotANameError(MisuseError):
    """An argument that names no account, or several where one is needed."""

    def __init__(self, name: object, cure: str) -> None:
        super().__init__(f"{repr(name)[:60]} is not the name of an account: {cure}")


class NotADatabaseError(MisuseError):
    """An argument that is no database."""

    def __init__(self, where: object) -> None:
        super().__init__(
            f"{repr(where)[:60]} is not a database: name its file, or use a URL as text"
        )


class NotAxesError(MisuseError):
    """An argument that is no axes of matplotlib."""

    def __init__(self, ax: object) -> None:
        super().__init__(f"a {type(ax).__name__} is not axes: use one of those of plt.subplots()")


def accounts(database: str | Path | None = None) -> pd.DataFrame:
    """Return a row for each account of a database, by name.

    Columns: name, base_url (str), quota_per_unit (float64), first and last, the moments of
    its first and last snapshot (UTC), and snapshots, how many there are (int64).

    Args:
        database: A file or an SQLAlchemy URL; by default the configured one.

    Raises:
        NoHistoryError, NotADatabaseError, DatabaseError, ConfigError: as for `load`.
    """
    with _opened(database, load_settings()) as connection:
        return dataframes.of_accounts(
            _account_row(connection, account) for account in stored.list_accounts(connection)
        )


def load(database: str | Path | None = None, account: str | None = None) -> History:
    """Return the whole history of one account.

    Args:
        database: A file or an SQLAlchemy URL; by default the configured one.
        account: Its name; may be left out where there is only one.

    Raises:
        SeveralAccountsError: none was named and there are several; the message lists them.
        UnknownAccountError, NotANameError: nothing is stored under that name.
        NoHistoryError: there is no database, or nothing in it.
        DatabaseError, NotADatabaseError: it cannot be used; the message says why.
        ConfigError: the configuration says nonsense.
    """
    if account is not None and not isinstance(account, str):
        raise NotANameError(account, "use ut.load_all(accounts=[...]) for several")
    settings = load_settings()
    with _opened(database, settings) as connection:
        found = stored.get_single(connection, account)
        return _history(connection, found, settings.timezone)


def load_all(
    database: str | Path | None = None, accounts: Iterable[str] | None = None
) -> Histories:
    """Return the whole histories of several accounts by name: of all, or of those named.

    Raises:
        UnknownAccountError, NotANameError: nothing is stored under one of the names.
        NoHistoryError, DatabaseError, NotADatabaseError, ConfigError: as for `load`.
    """
    names = None if accounts is None else _names(accounts)
    settings = load_settings()
    with _opened(database, settings) as connection:
        found = stored.list_accounts(connection)
        if not found:
            raise NothingStoredError
        chosen = found if names is None else stored.get_many(connection, names)
        return Histories(_history(connection, each, settings.timezone) for each in chosen)


def report(
    history: OneOrMore,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    as_of: Moment | None = None,
    by: By = "day",
    tz: Zone | None = None,
) -> Report:
    """Return the report on one history or several, by default on the last 30 days by day.

    Moments are aware datetimes, or text as the command line takes it (`7d`, `20261123`).
    `as_of` is the last snapshot's, if not given; nothing later is used. `tz` is an IANA
    zone, a fixed offset (`datetime.timezone`) or the name of either (`Asia/Taipei`,
    `+08:00`), by default the (first) history's own. Over 20 accounts have their forecasts
    alone beside the figures, as in `tracker report`.

    Raises:
        EmptyWindowError: nothing lies between `since` and `until`.
        UnreadableTimeError, NotAMomentError, NaiveMomentError, UnknownZoneError: a time or
            a zone is invalid.
        NotAHistoryError: `history` is something else.
        SameNameError, NoAccountsError: two of several have the same name, or there are none.
    """
    return _report(history, (since, until, as_of), by, tz)


def _report(
    what: OneOrMore,
    moments: tuple[Moment | None, Moment | None, Moment | None] = (None, None, None),
    by: By = "day",
    tz: Zone | None = None,
    details: Detail = Detail.ALL,
) -> Report:
    histories = list(histories_of(what).values())
    since, until, as_of = moments
    zone = histories[0].zone if tz is None else arguments.coerce_named_zone(tz)
    seen = [int(each.readings.times[-1]) for each in histories if len(each.readings)]
    last = max(seen, default=times.now_ms())
    now = last if as_of is None else arguments.coerce_moment(as_of, last, zone)
    start, end = (
        None if moment is None else arguments.coerce_moment(moment, now, zone)
        for moment in (since, until)
    )
    query = ReportQuery.of(now, start, end, by, zone)
    shown = details & Detail.DEPLETION if len(histories) > FLEET else details
    views = (view(history, query) for history in histories)
    told = build(views, query, times.zone_name(zone), shown)
    local = (replace(each, depletion=in_zone(each.depletion, zone)) for each in told.accounts)
    return replace(told, accounts=tuple(local))


def plot(
    what: OneOrMore | Report,
    kind: Kind = "overview",
    *,
    tz: Zone | None = None,
    width: int = 1000,
    height: int = 625,
    dark: bool = False,
    ax: "Axes | None" = None,
) -> "Figure":
    """Return a matplotlib Figure of the last 30 days of a history or several, or of a report.

    Args:
        what: A history, several, or the report on the window to draw.
        kind: `overview` is the burn-down with its forecast, the spend and the week;
            `balance`, `spend` and `heat` are one of these alone.
        tz: For a history, a zone as `report` takes it; a report has its own.
        width: In pixels, as `height`.
        height: See `width`.
        dark: Draw for a dark background.
        ax: Axes to draw one account's chart on (an overview's balance), whatever `width` and
            `height`; their figure is returned.

    Raises:
        NotAHistoryError: `what` is neither.
        NotAxesError, UnusableAxesError: `ax` is something else, or there are several accounts.
        UnknownChartError: `kind` is no chart.
        UnusableSizeError: `width` or `height` is no size for a picture.
        UnknownZoneError: the machine knows no zone `tz`.
        MissingExtraError: the extra `plot` is not installed.
    """
    if kind not in get_args(Kind):
        raise UnknownChartError(kind)
    for pixels in (width, height):
        if pixels not in _SIZES:
            raise UnusableSizeError(pixels)
    from usage_tracker.render import mpl  # an extra

    drawn = what if isinstance(what, Report) else _report(what, tz=tz, details=DETAILS[kind])
    if ax is not None:
        if not hasattr(ax, "get_window_extent"):
            raise NotAxesError(ax)
        return mpl.draw_on(ax, drawn, kind, dark=dark)
    return mpl.plot(drawn, kind, width=width, height=height, dark=dark)


def _names(accounts: Iterable[str]) -> list[str]:
    cure = "use a list of names, such as accounts=['alice']"
    if isinstance(accounts, str) or not isinstance(accounts, Iterable):
        raise NotANameError(accounts, cure)
    names = list(accounts)
    for name in names:
        if not isinstance(name, str):
            raise NotANameError(name, cure)
    if not names:
        raise NotANameError(names, cure)
    return names


@contextmanager
def _opened(database: str | Path | None, settings: Settings) -> "Iterator[Connection]":
    where = settings.database if database is None else database
    if not isinstance(where, str | Path | None):
        raise NotADatabaseError(where)
    with Database.open(where, create=False) as opened, opened.read() as connection:
        yield connection


def _account_row(
    connection: "Connection", account: StoredAccount
) -> tuple[str, str, float, int | None, int | None, int]:
    source, end = LedgerSource(connection, account.account_id), times.LAST_MOMENT + 1
    described = account.name, account.base_url, account.quota_per_unit
    return *described, *source.ends(0, end), source.count(0, end)


def _history(connection: "Connection", account: StoredAccount, timezone: str | None) -> History:
    failed = failures.between(connection, account.account_id)
    return History(
        snapshot_arrays.read(connection, account.account_id),
        account=account.name,
        base_url=account.base_url,
        quota_per_unit=account.quota_per_unit,
        failures=tuple(failure.attempted_at for failure in failed),
        timezone=timezone,
        settled=_settled(LedgerSource(connection, account.account_id)),
    )


def _settled(source: LedgerSource) -> Baseline | None:
    floor = next((mark for mark in source.marks if mark.is_baseline), None)
    if floor is None:
        return None
    checkpoint = Checkpoint(floor.scanned_to, floor.reserved, floor.exact)
    return Baseline(checkpoint, tuple(source.events(floor)))
