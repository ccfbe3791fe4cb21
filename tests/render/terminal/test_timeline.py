import datetime as dt
from dataclasses import replace

from tests.render import sample
from tests.render.account import AS_OF
from usage_tracker.render.chart_data.balance import burn_down
from usage_tracker.render.terminal import timeline as time
from usage_tracker.render.terminal.timeline import Timeline
from usage_tracker.reporting.model import AccountReport, Report

LIVED_IN = sample.lived_in()
(ACCOUNT,) = LIVED_IN.accounts


def axis(report: Report, account: AccountReport) -> Timeline:
    made = time.timeline(report, account, 60)
    assert made is not None
    return made


def test_values_between_knots_are_interpolated_and_outside_unknown() -> None:
    line = Timeline(0.0, 10.0, 10)
    assert line.sample([(2.0, 0.0), (6.0, 40.0)]) == [
        None, 0.0, 5.0, 15.0, 25.0, 35.0, 40.0, None, None, None,
    ]  # fmt: skip
    assert line.sample([]) == [None] * 10


def test_a_column_is_covered_by_at_least_half() -> None:
    line = Timeline(0.0, 4.0, 4)
    assert line.covered([(0.5, 1.0), (1.6, 2.9)]) == [True, False, True, False]


def test_nothing_is_interpolated_across_the_unknown() -> None:
    line = Timeline(0.0, 4.0, 4)
    assert line.sample([(0.0, 1.0), (1.0, None), (3.0, 5.0), (4.0, 5.0)]) == [None, None, None, 5.0]


def test_the_picture_reaches_a_little_beyond_the_latest_end() -> None:
    line = axis(LIVED_IN, ACCOUNT)
    assert line.start == LIVED_IN.since.timestamp()
    assert ACCOUNT.depletion.high is not None
    assert line.column(ACCOUNT.depletion.high) < line.columns


def test_the_future_goes_as_far_as_in_the_other_pictures() -> None:
    report = sample.several()
    seen = [account for account in report.accounts if account.balance]
    for account in seen:
        assert axis(report, account).end == burn_down(report, account).end


def test_without_a_fan_the_picture_ends_now() -> None:
    report = sample.idle()
    assert axis(report, report.accounts[0]).end == AS_OF.timestamp()


def test_without_a_fine_history_the_balance_is_read_from_the_periods() -> None:
    coarse = replace(ACCOUNT, burn_down=())
    knots = time.past(LIVED_IN, coarse)
    assert knots[0] == (LIVED_IN.since.timestamp(), 319.995)
    assert knots[-1] == (LIVED_IN.until.timestamp(), 125.48047)
    assert len(knots) == 1 + len(ACCOUNT.periods)


def test_a_single_moment_is_no_picture() -> None:
    point = replace(ACCOUNT, burn_down=ACCOUNT.burn_down[:1])
    assert time.timeline(LIVED_IN, point, 60) is None
    empty = sample.no_snapshots()
    assert time.timeline(empty, empty.accounts[0], 60) is None


def test_columns_are_half_open() -> None:
    line = Timeline(0.0, 10.0, 10)
    at = dt.datetime.fromtimestamp(3, dt.UTC)
    assert line.column(at) == 3
    assert line.edge(3) == 3.0
