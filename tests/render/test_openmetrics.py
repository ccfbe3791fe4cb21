from dataclasses import replace

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.render import sample
from usage_tracker.render import openmetrics
from usage_tracker.reporting.model import Report


def families(report: Report) -> dict[str, Metric]:
    parsed = text_string_to_metric_families(openmetrics.render(report))  # type: ignore[no-untyped-call]
    return {family.name: family for family in parsed}


def values(report: Report, name: str) -> dict[str, float]:
    """The samples of a family by their labels but the account's."""
    return {
        ",".join(v for k, v in s.labels.items() if k != "account"): s.value
        for s in families(report)[f"usage_tracker_{name}"].samples
    }


def test_every_sample_is_taken_by_a_real_parser() -> None:
    for name, report in sample.everything().items():
        assert bool(families(report)) == bool(report.accounts), name


def test_the_figures_are_the_reports() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    assert values(report, "balance_usd") == {"": 125.48047}
    assert values(report, "used_usd") == {"": 572.806968}
    assert values(report, "failures") == {"": 7}
    assert values(report, "coverage_ratio") == {"": 0.986}
    assert values(report, "spend_usd_per_day") == {r.window: r.usd_per_day for r in account.rates}
    assert values(report, "statement_usd")["top_ups"] == 120.0
    assert values(report, "depletion_probability_ratio") == {"7": 0.04, "30": 0.99}


def test_moments_are_absolute() -> None:
    report = sample.lived_in()
    depletion = report.accounts[0].depletion
    shown = values(report, "depletion_timestamp_seconds")
    assert depletion.median is not None
    assert shown["median"] == depletion.median.timestamp()
    assert list(shown) == ["low", "median", "high", "linear"]
    assert values(report, "as_of_timestamp_seconds") == {"": report.as_of.timestamp()}


def test_files_of_several_accounts_repeat_no_series() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    other = replace(report, accounts=(replace(account, account="lab"),))
    series = [
        line.rpartition(" ")[0]
        for each in (report, other)
        for line in openmetrics.render(each).splitlines()
        if not line.startswith("#")
    ]
    assert len(set(series)) == len(series)


def test_the_last_snapshot_is_given_even_if_the_window_has_none() -> None:
    report = sample.stale()
    (account,) = report.accounts
    lost = replace(account, snapshots=replace(account.snapshots, count=0, first=None, last=None))
    shown = values(replace(report, accounts=(lost,)), "last_snapshot_timestamp_seconds")
    assert shown == {"": report.as_of.timestamp() - 777_600}


def test_the_state_is_the_one_that_is_1() -> None:
    states = values(sample.idle(), "depletion_state")
    assert [state for state, value in states.items() if value] == ["idle"]


def test_unknown_has_no_sample() -> None:
    shown = families(sample.no_snapshots())
    assert "usage_tracker_balance_usd" not in shown
    assert "usage_tracker_depletion_timestamp_seconds" not in shown
    assert set(values(sample.first_hours(), "spend_usd_per_day")) == {"1h"}


def test_labels_come_back_as_the_names_are() -> None:
    samples = families(sample.hostile())["usage_tracker_balance_usd"].samples
    assert [s.labels["account"] for s in samples] == list(sample.HOSTILE_NAMES)


def test_there_are_no_types_and_timestamps_that_the_textfile_collector_refuses() -> None:
    shown = families(sample.several()).values()
    assert {family.type for family in shown} == {"gauge"}
    assert all(s.timestamp is None for family in shown for s in family.samples)


def test_units_end_the_names() -> None:
    assert all(
        not family.unit or family.name.endswith(f"_{family.unit}")
        for family in families(sample.several()).values()
    )


def test_the_end_is_marked() -> None:
    assert openmetrics.render(sample.no_accounts()).endswith("# EOF\n")
