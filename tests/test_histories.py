import pandas as pd
import pytest

from tests.reporting.histories import MONDAY, two_days
from tests.test_history import empty
from usage_tracker.analysis.calendar import EmptyWindowError
from usage_tracker.histories import (
    Histories,
    NoAccountsError,
    NotAHistoryError,
    SameNameError,
    histories_of,
)
from usage_tracker.history import History
from usage_tracker.times import DAY, HOUR, from_ms


def team() -> Histories:
    """Two accounts, the second of which begins a day later, and one without snapshots."""
    readings = two_days().readings
    later = readings[readings.times >= MONDAY + DAY]
    return Histories(
        [
            History(readings, "alice", timezone="UTC"),
            History(later, "bob", quota_per_unit=1000, timezone="UTC"),
            History(empty().readings, "carol"),
        ]
    )


def test_they_are_a_mapping_by_name() -> None:
    assert list(team()) == ["alice", "bob", "carol"]
    assert team()["bob"].account == "bob"
    assert repr(team()) == "<Histories of 3 accounts: alice, bob, carol>"


def test_many_of_them_are_shown_in_a_line() -> None:
    fleet = Histories(History(two_days().readings, f"member-{i}") for i in range(1000))
    assert repr(fleet) == (
        "<Histories of 1,000 accounts: member-0, member-1, member-2, member-3, member-4, ...>"
    )


def test_snapshots_and_events_are_one_frame_with_each_account_s_rows() -> None:
    everyone = team()
    for what in ("snapshots", "events"):
        frame = getattr(everyone, what)
        assert frame.columns[0] == "account"
        for name in ("alice", "bob"):
            mine = frame[frame["account"] == name].drop(columns="account")
            assert mine.equals(getattr(everyone[name], what))
    assert set(everyone.snapshots["account"]) == {"alice", "bob"}
    assert everyone.snapshots.attrs["quota_per_unit"]["bob"] == 1000


def test_all_have_the_same_periods_and_what_is_unknown_of_one_is_missing() -> None:
    days = team().periods(by="day")
    assert days["account"].tolist() == ["alice", "alice", "bob", "bob"]
    assert days["spend"].tolist()[:2] == [480_000, 480_000]
    assert days["spend"].isna().tolist() == [False, False, True, False]
    assert days["usd"].tolist()[3] == 480.0
    alone = team()["alice"].periods(by="day")
    assert days[days["account"] == "alice"].drop(columns="account").equals(alone)


def test_a_window_may_be_given_for_all() -> None:
    hours = team().periods("hour", since=from_ms(MONDAY + DAY), until=from_ms(MONDAY + DAY + HOUR))
    assert hours["account"].tolist() == ["alice", "bob"]
    with pytest.raises(EmptyWindowError):
        team().periods(since="now")


def test_without_accounts_or_snapshots_there_are_no_frames() -> None:
    nobody = Histories([])
    for what in ("snapshots", "events"):
        with pytest.raises(NoAccountsError):
            getattr(nobody, what)
    with pytest.raises(NoAccountsError):
        nobody.periods()
    with pytest.raises(NoAccountsError):
        Histories([empty()]).periods()
    with pytest.raises(NoAccountsError):
        histories_of([])


def test_names_must_differ_and_all_must_be_histories() -> None:
    with pytest.raises(SameNameError, match="name them apart"):
        Histories([two_days(), two_days()])
    for wrong in ([pd.DataFrame()], pd.DataFrame(), "alice", 5, [5]):
        with pytest.raises(NotAHistoryError):
            histories_of(wrong)  # type: ignore[arg-type]
