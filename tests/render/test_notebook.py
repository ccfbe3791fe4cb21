"""The fragments that notebooks show, and the style of the figures beside them."""

import re
from html.parser import HTMLParser

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from matplotlib import colors, style

from tests.examples import examples
from tests.render import sample
from tests.render.anything import reports
from tests.reporting.histories import two_days
from usage_tracker import api, formatting
from usage_tracker.demo import sample_account
from usage_tracker.forecast.depletion import Chance, Depletion
from usage_tracker.history import History
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.money import usd
from usage_tracker.render import summary
from usage_tracker.render.chart_data.palette import LIGHT
from usage_tracker.render.dates import Calendar
from usage_tracker.render.notebook import html
from usage_tracker.reporting.model import Report
from usage_tracker.times import HOUR

SAMPLES = sample.everything()
HARMLESS = {
    "div", "p", "bdi", "table", "thead", "tbody", "tr", "th", "td", "svg", "title", "rect",
}  # fmt: skip


class Reader(HTMLParser):
    """The text of a fragment, its elements, and that they are closed in order."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.said: list[str] = []
        self.feed(fragment)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.elements.add(tag)
        assert not any(name.startswith("on") or name in {"href", "src"} for name, _ in attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


def text(value: object) -> str:
    return Reader(html(value)).text


@pytest.mark.parametrize("name", SAMPLES)
def test_a_fragment_is_whole_and_has_nothing_that_acts_or_is_fetched(name: str) -> None:
    report = SAMPLES[name]
    for value in (report, *(account.depletion for account in report.accounts)):
        assert Reader(html(value)).elements <= HARMLESS


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(report=reports())
def test_no_report_is_too_odd_for_a_notebook(report: Report) -> None:
    Reader(html(report))


def test_names_that_mean_harm_are_text() -> None:
    fragment = html(sample.hostile())
    assert "<script" not in fragment
    assert "<img" not in fragment
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in fragment
    assert len(fragment) < 20_000


def test_a_fragment_has_no_colours_of_its_own_but_the_bars() -> None:
    for report in SAMPLES.values():
        fragment = html(report)
        assert set(re.findall("#[0-9a-f]{3,}", fragment)) <= {LIGHT.spend}
        assert "background" not in fragment


def test_a_report_shows_the_balance_the_rates_the_statement_and_the_end() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    told, calendar = text(report), Calendar.of(report)
    assert summary.balance_sentence(account, report) in told
    assert summary.depletion_sentence(account.depletion, calendar) in told
    assert summary.snapshots_sentence(account, report) in told
    for rate in account.rates:
        assert formatting.dollars(rate.usd_per_day) in told
    statement = account.reconciliation
    assert statement.closing is not None
    assert f"= {formatting.dollars(usd(statement.closing), 2)}" in told
    assert f"\N{MINUS SIGN} spend {formatting.dollars(usd(statement.spend or 0), 2)}" in told
    assert report.timezone in told


def test_a_line_of_the_statement_that_is_nothing_is_left_out() -> None:
    told = text(api.report(two_days()))
    assert "$6.00 + top-ups $10.00 + refunds $0.20 \N{MINUS SIGN} spend $1.92 = $14.28" in told


def test_a_forecast_that_fails_on_this_history_is_shown_with_its_warning() -> None:
    assert sample.TRUST in text(sample.stale())


def test_several_accounts_are_a_line_each_the_most_urgent_first() -> None:
    told = text(sample.several())
    order = [told.index(name) for name in ("batch jobs", "alice", "idle", "never polled")]
    assert order == sorted(order)


def test_a_forecast_is_shown_in_the_zone_its_moments_come_in() -> None:
    history = sample_account.history(1_763_631_000_000, utc_offset=8 * HOUR)
    here = History(history.readings, timezone="Asia/Taipei").forecast()
    there = History(history.readings, timezone="America/New_York").forecast()
    assert here == there
    assert "(Asia/Taipei), log-t spend" in text(here)
    assert "(America/New_York), log-t spend" in text(there)
    assert text(here) != text(there)


def test_a_forecast_shows_its_ends_and_chances_only_where_there_are_some() -> None:
    told = text(two_days().forecast())
    for heading in ("10 % by", "Even odds", "90 % by", "Straight line", "Within 7 days"):
        assert heading in told
    refused = text(two_days().forecast(as_of=two_days().snapshots.index[9]))
    assert refused.startswith("No forecast yet: needs 15 more hours of history.")
    assert "Even odds" not in refused
    gone = Depletion("depleted", "nothing is left", probability=(Chance(7, 1.0),))
    assert text(gone) == "Used up: nothing is left."


def test_a_forecast_calls_its_zone_as_every_other_face_does() -> None:
    history = History(two_days().readings, timezone="Etc/UTC")
    assert "(UTC), log-t spend" in text(history.forecast())
    assert text(history).endswith("Times in UTC.")


def test_a_balance_that_is_used_up_is_given_no_chance_of_it() -> None:
    asked = two_days().forecast().as_of
    gone = Depletion("depleted", "nothing is left", probability=(Chance(7, 1.0),), as_of=asked)
    assert text(gone).startswith("Used up: nothing is left. As of ")


def test_an_end_days_ahead_is_shown_by_the_day() -> None:
    ends = sample.lived_in().accounts[0].depletion
    assert "Tue 1 Dec Sat 5 Dec Sat 12 Dec" in text(ends)


def test_a_backtest_shows_its_verdict_and_the_forecast_beside_naive_ones() -> None:
    trial = sample_account.history(1_763_631_000_000, utc_offset=8 * HOUR).backtest()
    told = text(trial)
    assert trial.verdict[1:] in told
    for score in trial.scores:
        assert (
            f"{score.method} {formatting.percent(score.median_error)} {score.pinball:.3f}" in told
        )
    assert text(two_days().backtest()) == (
        "No past forecasts to judge by: needs 8 more days of history."
    )


def test_a_history_shows_its_counters_and_how_much_there_is_of_it() -> None:
    told = text(two_days())
    assert "History of default" in told
    assert "$14.28 $15.72 49 1 Mon 1 Jun 00:00 Wed 3 Jun 00:00 Times in UTC." in told
    nothing = History(SnapshotArrays(*(np.empty(0, np.int64) for _ in range(3))), account="<b>")
    assert text(nothing) == "History of <b> : no snapshots yet."


def test_the_values_themselves_show_it() -> None:
    history = two_days()
    for value in (history, api.report(history), history.forecast(), history.backtest()):
        assert value._repr_html_() == html(value)


def test_figures_have_the_colours_of_the_charts() -> None:
    with mpl.rc_context():
        style.use("usage_tracker.render.mpl.notebook")
        cycle = [colors.to_hex(c) for c in mpl.rcParams["axes.prop_cycle"].by_key()["color"]]
    assert cycle == [LIGHT.balance, LIGHT.spend, LIGHT.credit, LIGHT.out, LIGHT.muted]
