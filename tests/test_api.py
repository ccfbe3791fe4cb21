"""The notebook's door against real files, and against what the command line says of them."""

import datetime as dt
import json
import zoneinfo
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

import usage_tracker as ut
from tests.reporting.histories import MONDAY, Named, keep, two_days
from usage_tracker import pruning
from usage_tracker.analysis.calendar import EmptyWindowError
from usage_tracker.api import UnknownChartError
from usage_tracker.cli.root import tracker
from usage_tracker.config.settings import ConfigMissingError
from usage_tracker.demo import sample_account
from usage_tracker.errors import MisuseError, NoHistoryError
from usage_tracker.history import History
from usage_tracker.render import json as json_face
from usage_tracker.render.chart_data.kinds import Kind
from usage_tracker.reporting import stored
from usage_tracker.reporting.build import build, view
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.store import accounts
from usage_tracker.store.accounts import (
    NothingStoredError,
    SeveralAccountsError,
    UnknownAccountError,
)
from usage_tracker.store.database import Database
from usage_tracker.times import DAY, HOUR, NaiveMomentError, UnreadableTimeError, from_ms, iso

NOW = 1_763_631_000_000
UTC = zoneinfo.ZoneInfo("UTC")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage.db"


def fill(path: Path, *histories: History) -> None:
    with Database.open(path) as database:
        for history in histories:
            keep(database, history)


def named(name: str) -> History:
    return History(two_days().readings, account=name)


def said(path: Path, *words: str) -> str:
    result = CliRunner().invoke(tracker, [*words, "--db", str(path), "--json"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_what_was_stored_is_loaded_whole(path: Path) -> None:
    fill(path, two_days())
    history = ut.load(path)
    assert history.snapshots.equals(two_days().snapshots)
    assert history.failures == two_days().failures
    assert (history.account, history.base_url) == ("default", "https://gateway.example")


def test_a_path_may_be_text_or_a_url_and_the_configured_one_is_the_default(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, two_days())
    monkeypatch.setenv("TRACKER_DATABASE", str(path))
    assert repr(ut.load()) == repr(ut.load(str(path))) == repr(ut.load(f"sqlite:///{path}"))


def test_the_configured_zone_is_the_history_s(path: Path, tmp_path: Path) -> None:
    fill(path, two_days())
    config = tmp_path / "home" / "config" / "usage-tracker" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('timezone = "Asia/Tokyo"\n')
    config.chmod(0o600)
    history = ut.load(path)
    assert str(history.zone) == ut.report(history).timezone == "Asia/Tokyo"
    assert ut.report(history, tz="UTC").timezone == "UTC"


def test_a_zone_may_be_a_fixed_offset_wherever_one_is_taken(path: Path) -> None:
    fill(path, two_days())
    eight = dt.timezone(dt.timedelta(hours=8))
    history = ut.load(path)
    report = ut.report(history, tz=eight)
    same = ut.History.from_frame(history.snapshots, timezone=eight)
    assert report.timezone == same.timezone == ut.report(same).timezone == "+08:00"
    assert report == ut.report(history, tz="+08:00")
    spent = [period.spend for period in report.accounts[0].periods]
    taipei = ut.report(history, tz="Asia/Taipei").accounts[0].periods
    assert spent == [period.spend for period in taipei]
    assert same.spend().equals(history.spend(tz=eight))
    assert "UTC+08:00" in report._repr_html_()
    assert "UTC+08:00" in same._repr_html_()
    assert "UTC+08:00" in same.forecast()._repr_html_()
    assert ut.plot(history, tz=eight).axes


@pytest.mark.parametrize("zone", ["+08:00", "-03:30"])
def test_the_command_line_takes_a_fixed_offset_too(path: Path, zone: str) -> None:
    fill(path, two_days())
    words = ["report", "--db", str(path), "--tz", zone, "--since", "20200101", "--json"]
    assert json.loads(CliRunner().invoke(tracker, words).stdout)["timezone"] == zone


def test_of_several_accounts_one_must_be_named(path: Path) -> None:
    fill(path, named("alice"), named("bob"))
    with pytest.raises(SeveralAccountsError, match="name one of 'alice', 'bob'"):
        ut.load(path)
    assert ut.load(path, account="bob").account == "bob"
    with pytest.raises(UnknownAccountError, match="'alice', 'bob'"):
        ut.load(path, account="carol")


def test_accounts_are_told_with_the_span_and_number_of_their_snapshots(path: Path) -> None:
    fill(path, named("alice"))
    with Database.open(path) as database, database.write() as connection:
        accounts.get_or_create(connection, Named("bob"))
    told = ut.accounts(path)
    assert told["name"].tolist() == ["alice", "bob"]
    assert told["snapshots"].tolist() == [49, 0]
    assert told["first"].tolist() == [from_ms(MONDAY), pd.NaT]
    assert told["last"][0] == from_ms(MONDAY + 2 * DAY)
    assert told["base_url"][0] == "https://gateway.example"


def test_an_empty_database_has_no_accounts(path: Path) -> None:
    Database.open(path).close()
    told = ut.accounts(path)
    assert len(told) == 0
    assert (str(told["first"].dtype), str(told["snapshots"].dtype)) == (
        "datetime64[ms, UTC]",
        "int64",
    )
    with pytest.raises(NothingStoredError, match="try `tracker demo`"):
        ut.load_all(path)


def test_all_accounts_or_some_of_them_are_loaded_by_name(path: Path) -> None:
    fill(path, named("alice"), named("bob"), named("carol"))
    everyone = ut.load_all(path)
    assert list(everyone) == ["alice", "bob", "carol"]
    assert everyone["bob"].snapshots.equals(ut.load(path, "bob").snapshots)
    assert list(ut.load_all(path, ["carol", "alice"])) == ["carol", "alice"]


def test_the_report_and_the_picture_of_several_are_the_command_line_s(path: Path) -> None:
    fill(path, named("alice"), named("bob"))
    everyone = ut.load_all(path)
    as_of = iso(MONDAY + 2 * DAY)
    printed = said(path, "report", "--as-of", as_of, "--tz", "Asia/Taipei")
    report = ut.report(everyone, tz="Asia/Taipei")
    told = json.loads(printed)
    assert json.loads(json_face.render(report)) | {"accounts": None} == told | {"accounts": None}
    for ours, theirs in zip(report.accounts, told["accounts"], strict=True):
        assert json_face.encode(ours.periods) == theirs["periods"]
    assert ut.report([everyone["alice"], everyone["bob"]], tz="Asia/Taipei") == report
    assert len(ut.plot(everyone).axes) == 2


def test_a_report_on_a_fleet_has_forecasts_and_no_details() -> None:
    fleet = [named(f"member-{i:02}") for i in range(21)]
    assert not any(account.burn_down for account in ut.report(fleet).accounts)
    assert all(account.depletion.as_of for account in ut.report(fleet).accounts)


UNNAMED: list[Callable[[Path], object]] = [
    lambda path: ut.load(path, ["alice", "bob"]),  # type: ignore[arg-type]
    lambda path: ut.load(path, 5),  # type: ignore[arg-type]
    lambda path: ut.load([path]),  # type: ignore[arg-type]
    lambda _: ut.accounts(5),  # type: ignore[arg-type]
    lambda path: ut.load_all(path, "alice"),
    lambda path: ut.load_all(path, []),
    lambda path: ut.load_all(path, 5),  # type: ignore[arg-type]
    lambda path: ut.load_all(path, ["alice", 5]),  # type: ignore[list-item]
    lambda path: ut.load_all(path, ["alice", "carol"]),
]


@pytest.mark.parametrize("ask", UNNAMED)
def test_what_names_no_account_or_database_is_refused_in_one_line(
    path: Path, ask: Callable[[Path], object]
) -> None:
    fill(path, named("alice"), named("bob"))
    with pytest.raises(MisuseError, match=r": (use|name|the database has) ") as refused:
        ask(path)
    assert "\n" not in str(refused.value)


def test_where_there_is_no_history_it_says_how_to_begin_one(path: Path) -> None:
    with pytest.raises(NoHistoryError, match="`tracker snapshot` begins one"):
        ut.load(path)
    assert not path.exists()
    Database.open(path).close()
    with pytest.raises(NothingStoredError, match="try `tracker demo`"):
        ut.load(path)


def test_an_account_without_snapshots_is_an_empty_history(path: Path) -> None:
    with Database.open(path) as database, database.write() as connection:
        accounts.get_or_create(connection, Named())
    assert repr(ut.load(path)) == "<History of default: no snapshots>"
    assert ut.report(ut.load(path)).accounts[0].balance is None


def test_a_configuration_that_was_named_and_is_missing_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, two_days())
    monkeypatch.setenv("TRACKER_CONFIG", str(path.with_name("none.toml")))
    with pytest.raises(ConfigMissingError):
        ut.load(path)


def test_a_report_is_of_the_last_thirty_days_by_day_up_to_the_last_snapshot() -> None:
    report = ut.report(two_days())
    assert report.as_of == report.until == from_ms(MONDAY + 2 * DAY)
    assert report.until - report.since == dt.timedelta(days=30)
    assert (report.by, report.timezone) == ("day", "UTC")


def test_moments_are_taken_as_datetimes_and_as_people_write_them() -> None:
    tuesday = dt.datetime(2026, 6, 2, tzinfo=dt.UTC)
    asked = ut.report(two_days(), since=tuesday, until=tuesday + dt.timedelta(hours=6))
    assert asked == ut.report(two_days(), since="20260602", until="2026-06-02T06:00")
    assert ut.report(two_days(), since="24h", as_of="2026-06-02") == ut.report(
        two_days(), since="yesterday", as_of=tuesday
    )
    assert ut.report(two_days(), since=dt.date(2026, 6, 2)) == ut.report(two_days(), since=tuesday)
    with pytest.raises(UnreadableTimeError):
        ut.report(two_days(), since="lately")
    with pytest.raises(NaiveMomentError):
        ut.report(two_days(), since=dt.datetime(2026, 6, 2))  # noqa: DTZ001
    with pytest.raises(EmptyWindowError):
        ut.report(two_days(), since="now")


@pytest.mark.parametrize("days_ago", [0, 9, 40, 76.9])
@pytest.mark.parametrize(
    "window",
    [{}, {"by": "week", "since": "60d"}, {"by": "hour", "since": "3d", "until": "1d"}],
    ids=["default", "weeks", "hours"],
)
def test_its_report_is_the_command_line_s_figure_by_figure(
    demo_database: Path, days_ago: float, window: dict[str, str]
) -> None:
    then = NOW - round(days_ago * DAY)
    options = [word for name, value in window.items() for word in (f"--{name}", value)]
    printed = said(demo_database, "report", "--as-of", iso(then), "--tz", "Europe/Berlin", *options)
    report = ut.report(ut.load(demo_database), as_of=from_ms(then), tz="Europe/Berlin", **window)  # type: ignore[arg-type]
    assert json_face.render(report) == printed


def test_its_forecast_and_its_trial_are_the_command_line_s(demo_database: Path) -> None:
    history = ut.load(demo_database)
    last = iso(int(history.readings.times[-1]))
    (told,) = json.loads(said(demo_database, "forecast", "--as-of", last))["accounts"]
    assert json_face.encode(history.forecast()) == told["depletion"]
    (tried,) = json.loads(said(demo_database, "backtest", "--as-of", last))["accounts"]
    trial = history.backtest()
    assert (tried["coverage"], tried["verdict"]) == (trial.coverage, trial.verdict)
    assert [s["pinball"] for s in tried["scores"]] == [s.pinball for s in trial.scores]


@pytest.fixture(scope="module")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "usage.db"
    fill(path, sample_account.history(NOW, utc_offset=8 * HOUR))
    return path


@pytest.mark.parametrize("days_ago", [0, 4, 9, 40])
def test_a_pruned_history_is_loaded_with_what_is_remembered_of_it(
    path: Path, days_ago: int
) -> None:
    frame = ReportQuery.of(NOW - days_ago * DAY, NOW - 70 * DAY, None, "week", UTC)
    with Database.open(path) as database:
        account = keep(database, sample_account.history(NOW, utc_offset=8 * HOUR))
        plan = pruning.plan(database, account, NOW - 5 * DAY, "day", dt.UTC)
        assert pruning.carry_out(database, plan) > 5000
        remembered = stored.report(database, (), frame, "UTC")
    assert build([view(ut.load(path), frame)], frame, "UTC") == remembered


def test_a_plot_is_a_figure_of_the_size_asked_for_that_shows_itself() -> None:
    figure = ut.plot(two_days(), width=720, height=360)
    assert figure.get_size_inches().tolist() == [10, 5]
    assert figure._repr_png_()[0].startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_the_repr_of_a_report_or_a_trial_is_a_line() -> None:
    assert repr(ut.report(two_days(), since="2d")) == (
        "<Report on default: 2026-06-01T00:00:00.000Z to 2026-06-03T00:00:00.000Z, by day>"
    )
    fleet = ut.report([named(f"member-{i:02}") for i in range(21)])
    assert len(repr(fleet)) < 200
    assert len(repr(fleet.accounts[0])) < 200
    trial = sample_account.history(NOW, utc_offset=8 * HOUR).backtest()
    assert repr(trial) == f"<Backtest: {trial.verdict}>"


def test_a_report_s_forecast_has_timestamps_in_its_zone() -> None:
    lived_in = sample_account.history(NOW, utc_offset=8 * HOUR)
    told = ut.report(lived_in, tz="Asia/Tokyo").accounts[0].depletion
    assert isinstance(told.median, pd.Timestamp)
    assert str(told.median.tz) == "Asia/Tokyo"


@pytest.mark.parametrize("kind", ["overview", "balance", "spend", "heat"])
def test_a_chart_is_drawn_on_axes_of_one_s_own_and_leaves_the_others(kind: Kind) -> None:
    figure = Figure(dpi=150)
    mine, theirs = figure.subplots(1, 2)
    assert ut.plot(two_days(), kind, ax=theirs) is figure
    assert figure.axes == [mine, theirs]
    assert figure.dpi == 150
    assert not mine.has_data()
    assert theirs.has_data()
    assert theirs.get_title(loc="left")
    part = figure.add_subfigure(figure.add_gridspec(1, 1)[0]).add_subplot()
    assert ut.plot(two_days(), kind, ax=part) is figure


def test_a_zone_is_taken_by_name_and_as_such() -> None:
    tokyo = zoneinfo.ZoneInfo("Asia/Tokyo")
    assert ut.report(two_days(), tz=tokyo) == ut.report(two_days(), tz="Asia/Tokyo")
    assert ut.report(two_days(), tz=dt.UTC).timezone == "UTC"
    assert ut.plot(two_days(), tz=tokyo).axes


ASKED_AMISS: list[Callable[[History], object]] = [
    lambda history: ut.report(history.snapshots),  # type: ignore[arg-type]
    lambda _: ut.report("history"),  # type: ignore[arg-type]
    lambda history: ut.report([history, 5]),  # type: ignore[list-item]
    lambda history: ut.report([history, history]),
    lambda history: ut.report(history, as_of=5),  # type: ignore[arg-type]
    lambda history: ut.report(history, by="decade"),  # type: ignore[arg-type]
    lambda history: ut.report(history, tz=3),  # type: ignore[arg-type]
    lambda history: ut.report(history, tz="+24:00"),
    lambda history: ut.plot(history.snapshots),  # type: ignore[arg-type]
    lambda history: ut.plot(history, ax="here"),  # type: ignore[arg-type]
    lambda history: ut.plot([history, named("bob")], ax=Figure().add_subplot()),
    lambda history: ut.plot(history, "pie"),  # type: ignore[arg-type]
    lambda history: ut.plot(history, width=0),
    lambda history: ut.plot(history, height=10**7),
    lambda history: ut.plot(history, width="wide"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("ask", ASKED_AMISS)
def test_what_makes_no_sense_is_told_in_one_line(ask: Callable[[History], object]) -> None:
    with pytest.raises(MisuseError) as refused:
        ask(two_days())
    assert "\n" not in str(refused.value)


def test_a_chart_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownChartError, match="use overview, balance, spend, heat"):
        ut.plot(two_days(), "pie")  # type: ignore[arg-type]


def test_a_report_can_be_had_up_to_the_calendar_s_end() -> None:
    end = "9999-12-31T23:00Z"
    told = ut.report(two_days(), as_of=end, since="9999-12-30", tz="Asia/Taipei")
    assert told.as_of.year == 9999


def test_a_report_is_plotted_as_it_is_and_one_chart_can_be_had_alone() -> None:
    report = ut.report(two_days(), since="2d", by="hour")
    (axes,) = ut.plot(report, "spend").axes
    assert len(axes.patches) == 48
    assert len(ut.plot(report).axes) == 3


def test_what_the_package_offers_is_imported_when_it_is_asked_for() -> None:
    assert ut.History is History
    with pytest.raises(AttributeError, match="no attribute 'reprot'"):
        _ = ut.reprot


def test_a_notebook_s_tab_key_finds_what_the_package_offers() -> None:
    offered = ["Histories", "History", "__version__", "accounts", "load", "load_all", "plot"]
    assert dir(ut) == [*offered, "report"]
