import pytest

from tests.analysis.frames import of_spans
from tests.forecast.samples import START, readings, shifted, steady
from usage_tracker.analysis import rates
from usage_tracker.analysis.calendar import timestamps
from usage_tracker.ledger import build
from usage_tracker.times import DAY, HOUR

DOLLAR = 500_000


def per_day(rows: list[tuple[int, int, int]], until: int) -> dict[str, float]:
    """The known rates, in units a day, by window."""
    windows = rates.windows(timestamps([START + until])[0])
    totals = of_spans(build.build_ledger(readings(rows)), windows, START + until)
    found = totals.assign(per_day=rates.per_day(totals)).set_index("span")["per_day"].dropna()
    return {str(name): float(rate) for name, rate in found.items()}


def test_a_rate_is_the_spend_of_its_window_per_day() -> None:
    assert per_day(steady(48), 48 * HOUR) == pytest.approx({"1h": 1_440_000, "24h": 1_440_000})


def test_a_rate_needs_a_history_over_half_of_its_window() -> None:
    assert "24h" in per_day(steady(12), 12 * HOUR)
    assert "24h" not in per_day(steady(11.9), 12 * HOUR)


def test_spend_of_a_gap_inside_the_window_counts() -> None:
    rows = shifted(steady(24), 10, quota=-DOLLAR, used=DOLLAR)
    rows = [row for row in rows if not 9 * HOUR < row[0] < 11 * HOUR]
    assert per_day(rows, DAY)["24h"] == pytest.approx(1_440_000 + DOLLAR)


def test_a_machine_that_sleeps_most_of_the_time_has_rates() -> None:
    awake = [row for row in steady(24 * 10) if 9 <= row[0] / HOUR % 24 < 16]
    found = per_day(awake, 9 * DAY + 15 * HOUR)
    assert found["24h"] == pytest.approx(1_440_000)
    assert found["7d"] == pytest.approx(1_440_000)


def test_what_a_gap_at_the_edge_could_hide_leaves_a_rate_unknown() -> None:
    rows = [row for row in steady(72) if not 30 * HOUR < row[0] < 60 * HOUR]
    assert "24h" not in per_day(rows, 72 * HOUR)


def test_no_spend_is_a_rate_of_zero() -> None:
    assert per_day(steady(24, per_hour=0), DAY)["24h"] == 0
