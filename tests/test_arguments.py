import datetime as dt
import zoneinfo
from typing import Any

import numpy as np
import pandas as pd
import pytest

from usage_tracker import arguments
from usage_tracker.times import DAY, NaiveMomentError, UnknownZoneError, UnreadableTimeError, to_ms

TAIPEI = zoneinfo.ZoneInfo("Asia/Taipei")
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=TAIPEI)
NOW = to_ms(NOON)


def test_a_moment_is_a_datetime_a_timestamp_or_text() -> None:
    for moment in (NOON, pd.Timestamp(NOON), "2026-11-23T12:00", "2026-11-23T04:00Z", "now"):
        assert arguments.coerce_moment(moment, NOW, TAIPEI) == NOW
    assert arguments.coerce_moment("7d", NOW, TAIPEI) == NOW - 7 * DAY
    assert arguments.coerce_moment("7d", NOW, TAIPEI, ahead=True) == NOW + 7 * DAY


@pytest.mark.parametrize("value", [5, [NOON], np.datetime64("NaT"), np.datetime64(-1, "s")])
def test_a_value_of_another_kind_is_no_moment(value: object) -> None:
    with pytest.raises(
        arguments.NotAMomentError, match="is not a time: use an aware datetime, a date, or"
    ):
        arguments.coerce_moment(value, NOW, TAIPEI)  # type: ignore[arg-type]


def test_a_date_begins_in_the_zone_and_a_datetime64_is_in_utc() -> None:
    midnight = NOW - DAY // 2
    assert arguments.coerce_moment(dt.date(2026, 11, 23), 0, TAIPEI) == midnight
    for text in ("2026-11-22T16", "2026-11-22T16:00:00.000000000"):
        assert arguments.coerce_moment(np.datetime64(text), 0, TAIPEI) == midnight


def test_what_names_no_moment_for_certain_is_refused() -> None:
    with pytest.raises(NaiveMomentError):
        arguments.coerce_moment(pd.Timestamp("2026-11-23"), NOW, TAIPEI)
    with pytest.raises(UnreadableTimeError):
        arguments.coerce_moment("lately", NOW, TAIPEI)


def test_a_zone_is_a_tzinfo_or_its_name() -> None:
    eight = dt.timezone(dt.timedelta(hours=8))
    assert (
        arguments.coerce_zone("Asia/Taipei")
        == arguments.coerce_zone(TAIPEI)
        == arguments.coerce_named_zone(TAIPEI)
        == TAIPEI
    )
    assert arguments.coerce_zone(eight) is eight
    assert str(arguments.coerce_named_zone(dt.UTC)) == "UTC"
    assert arguments.coerce_named_zone("+08:00") == arguments.coerce_named_zone(eight) == eight


@pytest.mark.parametrize("value", ["Mars", "", 3, "+8", "+24:00"])
def test_a_zone_without_a_name_the_machine_knows_is_refused_by_name(value: object) -> None:
    with pytest.raises(UnknownZoneError, match="use an IANA name"):
        arguments.coerce_named_zone(value)  # type: ignore[arg-type]


def test_balances_are_finite_numbers_in_whole_units() -> None:
    assert arguments.coerce_units(np.float64(7)) == arguments.coerce_units(7) == 7
    for value in ("7", float("nan"), float("inf"), pd.NA, True, 10**400, 2.0**63, 50.5):
        with pytest.raises(arguments.NotANumberError, match="is not a balance: use a whole number"):
            arguments.coerce_units(value)  # type: ignore[arg-type]


def test_balances_in_dollars_become_whole_units() -> None:
    assert arguments.coerce_usd(50.5, 500_000) == 25_250_000
    assert arguments.coerce_usd(np.float64(1), 68493.15) == 68493
    for value in ("7", float("nan"), pd.NA, True, 10**400, 1e300, 1.7e308):
        with pytest.raises(arguments.NotANumberError, match="is not a balance in dollars: use a"):
            arguments.coerce_usd(value, 500_000)  # type: ignore[arg-type]


def test_days_are_a_whole_number_above_zero() -> None:
    assert arguments.coerce_days(np.int64(7)) == arguments.coerce_days(7) == 7  # type: ignore[arg-type]
    for value in (0, -1, 7.5, "7", float("inf"), True):
        with pytest.raises(arguments.NotANumberError, match="is not a number of days"):
            arguments.coerce_days(value)  # type: ignore[arg-type]


def test_probabilities_are_numbers() -> None:
    assert arguments.coerce_probability(np.float64(0.5)) == 0.5
    with pytest.raises(arguments.NotANumberError, match="'high' is not a probability"):
        arguments.coerce_probability("high")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, -5, 1e-7, True, "x", None, float("nan"), 10**400])
def test_units_to_the_dollar_are_a_positive_number(value: object) -> None:
    with pytest.raises(arguments.NotANumberError, match="quota_per_unit"):
        arguments.coerce_quota_per_unit(value)  # type: ignore[arg-type]
    given: list[Any] = [500_000.0, np.float64(68493.15), np.int64(7)]
    found = [arguments.coerce_quota_per_unit(unit) for unit in given]
    assert list(map(repr, found)) == ["500000", "68493.15", "7"]
