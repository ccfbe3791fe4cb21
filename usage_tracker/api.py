"""The functions of `import usage_tracker as ut`: load(), report(), plot()."""

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from usage_tracker import arguments, times
from usage_tracker.analysis.calendar import By
from usage_tracker.arguments import Moment, Zone
from usage_tracker.config.settings import load as load_settings
from usage_tracker.errors import MisuseError
from usage_tracker.history import History
from usage_tracker.ledger.build import Baseline
from usage_tracker.ledger.events import Checkpoint
from usage_tracker.render.chart_data.kinds import DETAILS, Kind
from usage_tracker.reporting import Detail, Report
from usage_tracker.reporting.build import build, view
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.store import accounts, failures, snapshot_arrays
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.ledger_source import LedgerSource

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from sqlalchemy import Connection

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


class NotAHistoryError(MisuseError):
    """An argument that is not a history."""

    def __init__(self, what: object) -> None:
        super().__init__(
            f"a {type(what).__name__} is not a history: use ut.load(), or "
            "ut.History.from_frame(...) for a DataFrame"
        )


def load(database: str | Path | None = None, account: str | None = None) -> History:
    """Return the whole history of one account.

    Args:
        database: A file or an SQLAlchemy URL; by default the configured one.
        account: Its name; may be left out where there is only one.

    Raises:
        SeveralAccountsError: none was named and there are several; the message lists them.
        UnknownAccountError: nothing is stored under that name.
        NoHistoryError: there is no database, or nothing in it.
        DatabaseError: it cannot be used; the message says why.
        ConfigError: the configuration says nonsense.
    """
    settings = load_settings()
    where = database if database is not None else settings.database
    with Database.open(where, create=False) as opened, opened.read() as connection:
        return _history(connection, accounts.get_single(connection, account), settings.timezone)


def report(
    history: History,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    as_of: Moment | None = None,
    by: By = "day",
    tz: Zone | None = None,
) -> Report:
    """Return the report on `history`, by default on the last 30 days by day.

    Moments are aware datetimes, or text as the command line takes it (`7d`, `20261123`).
    `as_of` is the last snapshot's, if not given; nothing later is used. `tz` is an IANA
    zone, a fixed offset (`datetime.timezone`) or the name of either (`Asia/Taipei`,
    `+08:00`), by default the history's own.

    Raises:
        EmptyWindowError: nothing lies between `since` and `until`.
        UnreadableTimeError, NotAMomentError, NaiveMomentError, UnknownZoneError: a time or
            a zone is invalid.
        NotAHistoryError: `history` is something else.
    """
    return _report(history, (since, until, as_of), by, tz)


def _report(
    history: History,
    moments: tuple[Moment | None, Moment | None, Moment | None] = (None, None, None),
    by: By = "day",
    tz: Zone | None = None,
    details: Detail = Detail.ALL,
) -> Report:
    if not isinstance(history, History):
        raise NotAHistoryError(history)
    since, until, as_of = moments
    zone = history.zone if tz is None else arguments.coerce_named_zone(tz)
    last = int(history.readings.times[-1]) if len(history.readings) else times.now_ms()
    now = last if as_of is None else arguments.coerce_moment(as_of, last, zone)
    start, end = (
        None if moment is None else arguments.coerce_moment(moment, now, zone)
        for moment in (since, until)
    )
    query = ReportQuery.of(now, start, end, by, zone)
    return build([view(history, query)], query, times.zone_name(zone), details)


def plot(
    what: History | Report,
    kind: Kind = "overview",
    *,
    tz: Zone | None = None,
    width: int = 1000,
    height: int = 625,
    dark: bool = False,
) -> "Figure":
    """Return a matplotlib Figure of a history's last 30 days, or of a report.

    Args:
        what: A history, or the report on the window to draw.
        kind: `overview` is the burn-down with its forecast, the spend and the week;
            `balance`, `spend` and `heat` are one of these alone.
        tz: For a history, a zone as `report` takes it; a report has its own.
        width: In pixels, as `height`.
        height: See `width`.
        dark: Draw for a dark background.

    Raises:
        NotAHistoryError: `what` is neither.
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
    return mpl.plot(drawn, kind, width=width, height=height, dark=dark)


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
