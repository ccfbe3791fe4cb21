"""Histories: those of several accounts by name, and what they hold as one DataFrame each."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import pandas as pd

from usage_tracker import arguments, dataframes
from usage_tracker.analysis.calendar import By
from usage_tracker.arguments import Moment, Zone
from usage_tracker.display import Displayed
from usage_tracker.errors import MisuseError, NoHistoryError
from usage_tracker.formatting import count_noun, shorten
from usage_tracker.history import History, period_frame


class NotAHistoryError(MisuseError):
    """An argument that is not a history."""

    def __init__(self, what: object) -> None:
        super().__init__(
            f"a {type(what).__name__} is not a history: use ut.load(), ut.load_all(), or "
            "ut.History.from_frame(...) for a DataFrame"
        )


class SameNameError(MisuseError):
    """Two histories of one name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"two histories are of an account {name[:60]!r}: name them apart, as in "
            "ut.History.from_frame(frame, 'name')"
        )


class NoAccountsError(NoHistoryError):
    """Several histories were asked for, and there is none."""

    def __init__(self) -> None:
        super().__init__("there is no history among these accounts: run `tracker snapshot`")


class Histories(Mapping[str, History], Displayed):
    """The histories of several accounts by name; `histories["alice"]` is one of them.

    Its frames have those of all accounts one after another, with the column `account`; an
    account without snapshots has no rows.
    """

    def __init__(self, histories: Iterable[History]) -> None:
        self._by_name: dict[str, History] = {}
        for history in histories:
            if not isinstance(history, History):
                raise NotAHistoryError(history)
            if history.account in self._by_name:
                raise SameNameError(history.account)
            self._by_name[history.account] = history

    def __getitem__(self, name: str) -> History:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        """Return the number of accounts and the first of their names."""
        return f"<Histories of {count_noun(len(self), 'account')}: {shorten(self)}>"

    @property
    def snapshots(self) -> pd.DataFrame:
        """All snapshots: account, and the columns of `History.snapshots`."""
        return self._joined(lambda history: history.snapshots)

    @property
    def events(self) -> pd.DataFrame:
        """All events: account, and the columns of `History.events`."""
        return self._joined(lambda history: history.events)

    def periods(
        self,
        by: By = "day",
        tz: Zone | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> pd.DataFrame:
        """Return all periods: account, and the columns of `History.periods`.

        All accounts have the same periods, by default from the first snapshot of any to the
        last of any, in the zone of the first history; what is not known of one is missing.

        Raises:
            NoAccountsError: there is no snapshot.
            UnknownPeriodError, UnknownZoneError, EmptyWindowError: as for `History.periods`.
        """
        known = [history for history in self.values() if len(history.readings)]
        if not known:
            raise NoAccountsError
        zone = known[0].zone if tz is None else arguments.coerce_zone(tz)
        frame = period_frame(known, by, zone, since, until)
        return self._sign(frame)

    def _joined(self, frame_of: Callable[[History], pd.DataFrame]) -> pd.DataFrame:
        if not self:
            raise NoAccountsError
        frames = {name: frame_of(history) for name, history in self.items()}
        return self._sign(dataframes.joined(frames))

    def _sign(self, frame: pd.DataFrame) -> pd.DataFrame:
        units = {name: history.quota_per_unit for name, history in self.items()}
        return dataframes.sign(frame, list(self), units)


def histories_of(what: History | Iterable[History] | Mapping[str, History]) -> Histories:
    """Return one history, several, or those of a `load_all()`, as Histories.

    Raises:
        NotAHistoryError: one of them is something else.
        NoAccountsError: there is none.
        SameNameError: two are of the same account.
    """
    if isinstance(what, History):
        return Histories([what])
    if isinstance(what, Mapping):
        what = what.values()
    if isinstance(what, pd.DataFrame | str) or not isinstance(what, Iterable):
        raise NotAHistoryError(what)
    found = Histories(what)
    if not found:
        raise NoAccountsError
    return found
