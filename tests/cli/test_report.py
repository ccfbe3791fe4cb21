import csv
import datetime as dt
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Tracker
from tests.cli.test_status import NOW, store
from usage_tracker import times
from usage_tracker.cli import report_options
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.reporting import Report
from usage_tracker.store import accounts, failures
from usage_tracker.store.database import Database
from usage_tracker.times import DAY, HOUR, iso, to_local

DOLLAR = 500_000


@pytest.fixture(autouse=True)
def _here_and_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now_ms", lambda: NOW)
    monkeypatch.setenv("TZ", "Asia/Taipei")


@pytest.fixture
def history(database: Path) -> None:
    """Ten days at a dollar a day, hour by hour, with $5 added two days ago."""
    rows = [(h * HOUR, 20 + h / 24 - (5 if h >= 48 else 0), 100 - h / 24) for h in range(240)]
    store(database, "default", rows)


@pytest.mark.usefixtures("history")
def test_a_report_tells_the_last_thirty_days_by_day(tracker: Tracker) -> None:
    document = json.loads(tracker("report", "--json").stdout)
    assert list(document) == [
        *("schema", "as_of", "timezone", "since", "until", "by", "accounts"),
    ]
    assert document["schema"] == "usage-tracker.report/1"
    assert (document["timezone"], document["by"]) == ("Asia/Taipei", "day")
    assert (document["as_of"], document["since"]) == (iso(NOW), iso(NOW - 30 * DAY))
    [account] = document["accounts"]
    assert account["balance"] == {"quota": 20 * DOLLAR, "usd": 20.0}
    assert account["reconciliation"]["top_ups"] == 5 * DOLLAR
    assert account["rates"][1]["usd_per_day"] == pytest.approx(1.0)
    assert [event["kind"] for event in account["events"]] == ["top_up"]
    assert account["depletion"]["state"] == "projected"


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("words", [("--format", "json"), ("-j",)])
def test_short_and_long_json_are_the_same(tracker: Tracker, words: tuple[str, ...]) -> None:
    assert tracker("report", *words).stdout == tracker("--json", "report").stdout


@pytest.mark.usefixtures("history")
def test_the_table_is_for_people(tracker: Tracker) -> None:
    text = tracker("report").stdout
    assert "$20.00 left, $1.00 a day" in text
    assert "+$5.00" in text


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("name", ["LC_ALL", "LANG"])
def test_the_c_locale_gets_ascii(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(other, raising=False)
    assert not tracker("report").stdout.isascii()
    monkeypatch.setenv(name, "C")
    assert tracker("report").stdout.isascii()


@pytest.mark.usefixtures("history")
def test_csv_has_a_row_for_each_period(tracker: Tracker) -> None:
    text = tracker("report", "--since", "2d", "--by", "hour", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 49
    assert {row["account"] for row in rows} == {"default"}


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "html", "openmetrics"])
def test_a_file_holds_what_the_screen_would(tracker: Tracker, tmp_path: Path, form: str) -> None:
    place = tmp_path / "report"
    result = tracker("report", "--format", form, "-o", str(place))
    assert (result.exit_code, result.stdout) == (0, "")
    assert place.read_text().rstrip("\n") == tracker("report", "--format", form).stdout.rstrip("\n")
    assert list(tmp_path.glob(".report*")) == []


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("r.html", "html"),
        ("R.JSON", "json"),
        ("r.csv", "csv"),
        ("r.md", "markdown"),
        ("r.prom", "openmetrics"),
        ("r.txt", "table"),
        ("r", "table"),
    ],
)
def test_the_ending_of_a_file_chooses_the_format(
    tracker: Tracker, tmp_path: Path, name: str, form: str
) -> None:
    place = tmp_path / name
    assert tracker("report", "-o", str(place)).exit_code == 0
    assert place.read_text().rstrip("\n") == tracker("report", "--format", form).stdout.rstrip("\n")


@pytest.mark.usefixtures("history")
def test_a_format_that_is_asked_for_counts_more_than_an_ending(
    tracker: Tracker, tmp_path: Path
) -> None:
    place = tmp_path / "report.html"
    tracker("report", "-o", str(place), "--format", "csv")
    assert place.read_text().startswith("account,")
    tracker("report", "-o", str(place), "--json")
    assert json.loads(place.read_text())["schema"] == "usage-tracker.report/1"


@pytest.mark.usefixtures("history")
def test_two_formats_for_one_report_are_misuse(tracker: Tracker) -> None:
    result = tracker("report", "--format", "html", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--json and --format html contradict each other" in result.stderr


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("command", ["report", "events", "forecast"])
def test_a_moment_before_the_first_snapshot_is_told_as_that(tracker: Tracker, command: str) -> None:
    result = tracker(command, "--as-of", "2020-01-01T00:00Z")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        "tracker: there are no snapshots up to 2020-01-01T00:00:00.000Z: use a later --as-of\n"
    )


@pytest.mark.usefixtures("history")
def test_a_link_is_replaced_and_not_followed(tracker: Tracker, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "report.json")
    assert tracker("report", "-o", str(tmp_path / "link.json")).exit_code == 0
    assert not (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "link.json").read_text())["schema"] == "usage-tracker.report/1"
    assert not (tmp_path / "report.json").exists()


@pytest.mark.usefixtures("history")
def test_a_file_that_cannot_be_written_is_one_line(tracker: Tracker, tmp_path: Path) -> None:
    result = tracker("report", "-o", str(tmp_path / "nowhere" / "report.txt"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "cannot write" in result.stderr


def test_without_a_history_it_exits_with_3(tracker: Tracker) -> None:
    result = tracker("report")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    "words",
    [
        ("--account", "nobody"),
        ("--since", "whenever"),
        ("--since", "1d", "--until", "2d"),
        ("--tz", "Mars"),
        ("--by", "minute"),
        ("--since", "now", "--as-of", "7d"),
    ],
)
def test_misuse_is_told_in_one_line(tracker: Tracker, words: tuple[str, ...]) -> None:
    result = tracker("report", *words)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_attempts_that_all_failed_are_events_too(tracker: Tracker, database: Path) -> None:
    database.parent.mkdir(parents=True)
    with Database.open(database) as opened, opened.write() as connection:
        account = accounts.get_or_create(connection, Account("default", TokenFromEnv("X")))
        failed = failures.Failure(NOW - HOUR, "network")
        failures.record(connection, account.account_id, failed)
    assert "failed attempt" in tracker("events").stdout
    (told,) = json.loads(tracker("events", "-j").stdout)["accounts"]
    assert [failure["kind"] for failure in told["failures"]] == ["network"]
    assert tracker("report").exit_code == 3


@pytest.mark.usefixtures("history")
def test_events_are_listed_with_failures(tracker: Tracker) -> None:
    assert re.search(r"top-up +\+\$5\.00", tracker("events").stdout)
    document = json.loads(tracker("events", "-j").stdout)
    assert document["schema"] == "usage-tracker.events/1"
    assert [e["quota"] for e in document["accounts"][0]["events"]] == [5 * DOLLAR]
    assert document["accounts"][0]["failures"] == []


@pytest.mark.usefixtures("history")
def test_a_failed_attempt_is_told_in_words_and_its_kind_in_json(
    tracker: Tracker, database: Path
) -> None:
    with Database.open(database) as opened, opened.write() as connection:
        account = accounts.get(connection, "default")
        failed = failures.Failure(NOW - HOUR, "server_error", 502)
        failures.record(connection, account.account_id, failed)
    told = tracker("events").stdout
    assert "the gateway, or a proxy in front of it, is out of order (HTTP 502)" in told
    [account_body] = json.loads(tracker("events", "-j").stdout)["accounts"]
    assert [failure["kind"] for failure in account_body["failures"]] == ["server_error"]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("command", ["events", "history"])
def test_a_blank_line_parts_one_account_from_the_next(
    tracker: Tracker, database: Path, command: str
) -> None:
    store(database, "other", [(0, 1, 2)])
    first, second = tracker(command).stdout.split("\n\n")
    assert first.startswith("default\n")
    assert second.startswith("other\n")


@pytest.mark.usefixtures("history")
def test_a_window_in_which_nothing_happened_says_so(tracker: Tracker) -> None:
    assert tracker("events", "--since", "1h").stdout == "no events\n"


@pytest.mark.usefixtures("history")
def test_a_forecast_answers_what_if(tracker: Tracker) -> None:
    def median(*words: str) -> str:
        document = json.loads(tracker("forecast", "-j", *words).stdout)
        return str(document["accounts"][0]["depletion"]["median"])

    assert median("--balance", "10") < median() < median("--top-up", "10")
    assert "With $30.00:" in tracker("forecast", "--top-up", "10").stdout


@pytest.mark.usefixtures("history")
def test_a_forecast_answers_how_much_to_add(tracker: Tracker) -> None:
    until = iso(NOW + 60 * DAY)
    document = json.loads(tracker("forecast", "-j", "--until", until).stdout)
    needed = document["accounts"][0]["needed"]
    assert needed["confidence"] == 0.9
    assert needed["add_usd"] > 40 - 20
    lasting = json.loads(tracker("forecast", "-j", "--top-up", str(needed["add_usd"])).stdout)
    assert lasting["accounts"][0]["depletion"]["median"] > until
    assert "add $" in tracker("forecast", "--until", until).stdout
    assert (
        "Nothing needs to be added to be 90 % sure"
        in tracker("forecast", "--until", iso(NOW + DAY)).stdout
    )


@pytest.mark.usefixtures("history")
def test_a_debt_is_told_as_one_and_has_no_chances(tracker: Tracker) -> None:
    told = tracker("forecast", "--balance", "-6.09").stdout
    assert told == "Overdrawn by $6.09; nothing is left.\n"


@pytest.mark.usefixtures("history")
def test_a_duration_to_last_for_counts_from_the_forecast_s_moment_on(tracker: Tracker) -> None:
    def until(*words: str) -> str:
        document = json.loads(tracker("forecast", "-j", *words).stdout)
        return str(document["accounts"][0]["needed"]["until"])

    assert until("--until", "30d") == iso(NOW + 30 * DAY)
    assert until("--until", "30d", "--as-of", "2d") == iso(NOW + 28 * DAY)


@pytest.mark.usefixtures("history")
def test_a_forecast_is_not_made_as_of_the_future(tracker: Tracker) -> None:
    result = tracker("forecast", "--as-of", "2099-01-01")
    assert result.exit_code == 2
    assert result.stderr.startswith("tracker: --as-of '2099-01-01' is in the future: ")


@pytest.mark.usefixtures("history")
def test_until_a_date_lasts_to_its_end(tracker: Tracker) -> None:
    date = to_local(NOW + 30 * DAY, dt.UTC).date()
    document = json.loads(tracker("forecast", "-j", "--tz", "UTC", "--until", str(date)).stdout)
    end = f"{date + dt.timedelta(days=1)}T00:00:00.000Z"
    assert document["accounts"][0]["needed"]["until"] == end


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("until", ["now", "yesterday", "20201231", "0d"])
def test_nothing_lasts_to_a_moment_that_has_passed(tracker: Tracker, until: str) -> None:
    result = tracker("forecast", "--until", until)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"tracker: --until '{until}' is not in the future: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    "words",
    [("--confidence", "0.9"), ("--level", "80"), ("--until", "20991231"), ("--balance", "much")],
)
def test_a_forecast_that_cannot_be_is_misuse(tracker: Tracker, words: tuple[str, ...]) -> None:
    assert tracker("forecast", *words).exit_code == 2


def test_a_first_day_has_no_forecast(tracker: Tracker, database: Path) -> None:
    store(database, "default", [(h * HOUR, 20 + h, 100 - h) for h in range(5)])
    result = tracker("forecast")
    assert result.exit_code == 3
    assert "needs" in result.stdout


@pytest.mark.usefixtures("history")
def test_a_backtest_of_a_short_history_says_what_is_missing(tracker: Tracker) -> None:
    result = tracker("backtest")
    assert result.exit_code == 3
    assert "needs 1 more day" in result.stdout


def test_a_backtest_tells_how_good_forecasts_were(tracker: Tracker, database: Path) -> None:
    store(database, "default", [(h * HOUR, 20 + h / 24, 100 - h / 24) for h in range(24 * 40)])
    told = tracker("backtest").stdout
    assert "past forecasts" in told
    assert "loss (lower is better)" in told
    assert "separate ones would." in told
    [account] = json.loads(tracker("backtest", "-j").stdout)["accounts"]
    assert account["forecasts"] > 50
    assert account["coverage"] == pytest.approx(
        account["came_true"] / account["forecasts"], abs=1e-4
    )
    assert account["scores"][0]["method"] == "forecast"


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("name", ["usage.png", "usage.svg", "USAGE.PNG"])
def test_a_plot_is_a_picture(tracker: Tracker, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    document = json.loads(tracker("plot", "-o", str(place), "-j").stdout)
    assert document["schema"] == "usage-tracker.plot/1"
    assert (document["file"], document["accounts"]) == (str(place), ["default"])
    start = b"\x89PNG" if name.lower().endswith("png") else b"<?xml"
    assert place.read_bytes().startswith(start)


@pytest.mark.usefixtures("history")
def test_a_plot_of_another_kind_is_misuse(tracker: Tracker, tmp_path: Path) -> None:
    result = tracker("plot", "-o", str(tmp_path / "usage.gif"))
    assert result.exit_code == 2
    assert ".png or .svg" in result.stderr


@pytest.mark.usefixtures("history")
def test_pruning_needs_a_yes(tracker: Tracker, database: Path) -> None:
    store(database, "busy", [(m * 60_000, 20, 100) for m in range(0, 24 * 60 * 60, 10)])
    words = ("db", "prune", "--older-than", "10d", "--account", "busy")
    refused = tracker(*words)
    assert refused.exit_code == 2
    assert "nothing was deleted" in refused.stderr
    assert "pruned " in tracker(*words, "--yes").stdout
    assert tracker(*words, "--yes").stdout == "nothing to prune\n"
    assert tracker("db", "check").exit_code == 0


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_on_a_terminal_it_is_asked_before_anything_is_pruned(
    tracker: Tracker, database: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    store(database, "busy", [(m * 60_000, 20, 100) for m in range(0, 24 * 60 * 60, 10)])
    monkeypatch.setattr("usage_tracker.cli.output.can_prompt", lambda: True)
    words = ("db", "prune", "--older-than", "10d", "--account", "busy")
    result = tracker(*words, input=f"{answer}\n")
    assert "snapshots permanently?" in result.stderr
    assert (result.exit_code, "pruned" in result.stdout) == (code, answer == "y")


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("command", ["report", "events"])
def test_a_window_at_the_end_of_the_calendar_is_misuse(tracker: Tracker, command: str) -> None:
    result = tracker(command, "--since", "9999-12-31T23:59Z", "--tz", "Asia/Taipei")
    assert result.exit_code == 2
    assert "nothing lies between 9999-12-31 23:59 and" in result.stderr


@pytest.mark.usefixtures("history")
def test_a_file_is_the_same_whatever_the_terminal(
    tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker("report", "-o", str(tmp_path / "one.txt"))
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("LC_ALL", "C")
    tracker("report", "-o", str(tmp_path / "two.txt"))
    text = (tmp_path / "one.txt").read_text()
    assert text == (tmp_path / "two.txt").read_text()
    assert max(map(len, text.splitlines())) <= 80
    assert not text.isascii()


@pytest.mark.usefixtures("history")
def test_a_dash_is_stdout_and_no_picture(
    tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tracker("report", "-o", "-").stdout == tracker("report").stdout
    assert tracker("report", "-o", "-", "-j").stdout == tracker("report", "-j").stdout
    for name in ("-", "x"):
        result = tracker("plot", "-o", name)
        assert result.exit_code == 2
        assert f"'{name}' is not a picture format: end it in .png or .svg" in result.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []


@pytest.mark.usefixtures("history")
def test_home_is_home_where_the_shell_does_not_say_so(tracker: Tracker, home: Path) -> None:
    assert tracker("report", "--output=~/r.txt").exit_code == 0
    assert tracker("plot", "--output=~/p.svg", "--kind", "spend").exit_code == 0
    assert {"r.txt", "p.svg"} <= {path.name for path in home.iterdir()}


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
@pytest.mark.parametrize("words", [("report", "-q", "-o"), ("export", "-q")])
def test_stdout_may_be_called_by_its_file_and_be_a_pipe(
    tracker: Tracker, database: Path, words: tuple[str, ...]
) -> None:
    store(database, "default", [(h * HOUR, 20, 100) for h in range(3)])
    assert tracker("status").exit_code == 0
    program = [sys.executable, "-m", "usage_tracker", *words, "/dev/stdout"]
    result = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    assert "default" in result.stdout


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
@pytest.mark.parametrize("words", [("report", "-q", "-o"), ("export", "-q")])
def test_a_file_that_stdout_goes_to_is_written_on_and_not_replaced(
    tracker: Tracker, database: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    store(database, "default", [(h * HOUR, 20, 100) for h in range(3)])
    assert tracker("status").exit_code == 0
    program = [sys.executable, "-m", "usage_tracker", *words, "/dev/stdout"]
    with (tmp_path / "log").open("w") as log:
        log.write("before\n")
        log.flush()
        subprocess.run(program, stdout=log, check=True, timeout=60)
    text = (tmp_path / "log").read_text()
    assert text.startswith("before\n")
    assert "default" in text


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize("words", [("backtest",), ("backtest", "-j"), ("report",), ("forecast",)])
def test_a_database_without_accounts_is_told_as_that(
    tracker: Tracker, words: tuple[str, ...]
) -> None:
    result = tracker(*words)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "tracker: no snapshots yet: `tracker snapshot` takes the first\n"


@pytest.mark.usefixtures("history")
def test_a_forecast_looks_at_the_clock_once(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([NOW])
    monkeypatch.setattr(times, "now_ms", lambda: next(looks))
    assert tracker("forecast").exit_code == 0


@pytest.mark.usefixtures("history")
def test_an_account_that_is_renamed_meanwhile_is_no_defect(
    tracker: Tracker, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = report_options.fetch_any

    def fetch_and_rename(*args: Any) -> Report:
        report = fetch(*args)
        with Database.open(database) as opened, opened.write() as connection:
            accounts.rename(connection, "default", "new")
        return report

    monkeypatch.setattr(report_options, "fetch_any", fetch_and_rename)
    result = tracker("events")
    assert result.exit_code == 0
    assert "top-up" in result.stdout


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("name", ["r.png", "r.svg", "r.PDF", "r.2026"])
def test_an_ending_that_names_no_format_is_refused(
    tracker: Tracker, tmp_path: Path, name: str
) -> None:
    result = tracker("report", "-o", str(tmp_path / name))
    assert result.exit_code == 2
    assert "add --format; `tracker plot` draws .png and .svg" in result.stderr
    assert not (tmp_path / name).exists()
    assert tracker("report", "--format", "table", "-o", str(tmp_path / name)).exit_code == 0


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("name", ["r.txt", "r", ".hidden", "R.TXT"])
def test_a_file_without_an_ending_takes_the_table(
    tracker: Tracker, tmp_path: Path, name: str
) -> None:
    assert tracker("report", "-o", str(tmp_path / name)).exit_code == 0
    assert "default" in (tmp_path / name).read_text()


@pytest.mark.usefixtures("history")
def test_a_name_that_is_too_long_is_no_defect(tracker: Tracker, tmp_path: Path) -> None:
    for ending in (".txt", ".png", ""):
        result = tracker("report", "-o", str(tmp_path / f"{'x' * 300}{ending}"))
        assert result.exit_code in {1, 2}
        assert len(result.stderr.splitlines()) == 1
