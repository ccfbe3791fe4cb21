import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from tests.cli.conftest import Tracker
from usage_tracker import times
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.store import accounts
from usage_tracker.store.database import Database
from usage_tracker.store.schema import account, snapshot
from usage_tracker.times import DAY, HOUR, MINUTE

NOW = times.parse_moment("2026-11-23T13:15:00Z", 0, times.parse_zone("UTC"))
USD = 500_000

History = Iterable[tuple[int, float, float]]


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now_ms", lambda: NOW)
    monkeypatch.setenv("TZ", "UTC")


def store(path: Path, name: str, history: History, unit: int = USD) -> None:
    """Give the account `name` snapshots: (how long before now, dollars left, dollars used)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Database.open(path) as database, database.write() as connection:
        known = Account(name, TokenFromEnv("X"), quota_per_unit=unit)
        key = accounts.get_or_create(connection, known).account_id
        rows = [
            {
                "account_id": key,
                "captured_at": NOW - ago,
                "quota": round(left * unit),
                "used_quota": round(used * unit),
                "source": 0,
            }
            for ago, left, used in history
        ]
        connection.execute(insert(snapshot), rows)


STEADY = [(h * HOUR + 5 * MINUTE, 60 + h / 4, 100 - h / 4) for h in range(48)]


def test_one_line_tells_it_all(tracker: Tracker, database: Path) -> None:
    store(database, "default", STEADY)
    result = tracker("status")
    assert result.stdout == (
        "default: $60.00 left, $3.29 today, $6.00 a day (24 h): 10 days left, updated 5 min ago\n"
    )
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (5.0, "default: $5.00 left, $0.00 today, $0.0092 a day (24 h): over a year left, "),
        (-5.0, "default: overdrawn by $5.00, $0.00 today, $0.0092 a day (24 h): used up, "),
        (0.0, "default: $0.00 left, $0.00 today, $0.0092 a day (24 h): used up, "),
    ],
)
def test_neither_debts_nor_ages_are_told_in_days(
    tracker: Tracker, database: Path, left: float, told: str
) -> None:
    spent = [
        (h * HOUR + 5 * MINUTE, left + 0.01 * (h > 23), 100 - 0.01 * (h > 23)) for h in range(48)
    ]
    store(database, "default", spent)
    assert tracker("status").stdout.startswith(told)


def test_the_json_has_units_dollars_and_nulls(tracker: Tracker, database: Path) -> None:
    store(database, "a", STEADY)
    store(database, "b", [(MINUTE, -1, 2)], unit=100)
    document = json.loads(tracker("status", "-j").stdout)
    assert document == json.loads(tracker("status", "--format", "json").stdout)
    first, second = document["accounts"]
    assert document["schema"] == "usage-tracker.status/1"
    assert first["captured_at"] == "2026-11-23T13:10:00.000Z"
    assert first["age_seconds"] == 300
    assert first["balance"] == {"quota": 30_000_000, "usd": 60.0}
    assert first["used"] == {"quota": 50_000_000, "usd": 100.0}
    assert first["spent_today"] == {"quota": 1_645_833, "usd": 3.291666}
    assert first["usd_per_day"] == pytest.approx(6, abs=1e-5)
    assert first["days_left"] == 10.0
    assert second["balance"] == {"quota": -100, "usd": -1.0}
    assert second["spent_today"] is second["spent_24h"] is second["usd_per_day"] is None
    assert second["days_left"] == 0.0


def test_today_begins_at_midnight_where_the_reader_is(tracker: Tracker, database: Path) -> None:
    store(database, "default", STEADY)
    told = [
        json.loads(tracker("status", "-j", "-z", zone).stdout)["accounts"][0]["spent_today"]["usd"]
        for zone in ("Asia/Taipei", "UTC", "America/Los_Angeles")
    ]
    assert told == [5.291666, 3.291666, 1.291666]


@pytest.mark.parametrize(
    ("history", "rate"),
    [
        ([(11 * HOUR, 9, 0), (0, 8, 1)], "rate not known yet"),
        ([(12 * HOUR, 9, 0), (0, 8, 1)], "$2.00 a day (24 h): 4.0 days left"),
        ([(20 * HOUR, 9, 5), (0, 9, 5)], "nothing in 24 h"),
        ([(30 * HOUR, 9, 5), (20 * HOUR, 7, 7), (0, 9, 5)], "$0.80 a day"),
        ([(3 * DAY, 9, 0), (0, 3, 6)], "rate not known yet"),
        ([(h * HOUR, 9, 0) for h in (40, 39, 38, 37)] + [(0, 3, 6)], "rate not known yet"),
        ([(9 * DAY, 9, 0), (2 * DAY, 3, 6)], "$0.86 a day (7 d): 3.5 days left"),
        ([(9 * DAY, 9, 0), (5 * DAY, 3, 6)], "rate not known yet"),
    ],
)
def test_the_rate_is_told_if_half_of_the_day_is_known(
    tracker: Tracker, database: Path, history: History, rate: str
) -> None:
    store(database, "default", history)
    assert rate in tracker("status").stdout


def week_of_work() -> History:
    """Twenty days of which the weekends are free, to a Sunday evening: (ago, left, used)."""
    spent, rows = 0.0, []
    for h in range(24 * 20, -1, -1):
        at = NOW - DAY + 9 * HOUR - h * HOUR
        spent += 0.5 * ((at // DAY + 3) % 7 < 5)
        rows.append((NOW - at, 300 - spent, 100 + spent))
    return rows


def test_the_days_left_are_those_of_the_forecast_that_a_report_stored(
    tracker: Tracker, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(database, "default", week_of_work())
    monkeypatch.setattr(times, "now_ms", lambda: NOW - 14 * HOUR)
    told = json.loads(tracker("forecast", "-j").stdout)["accounts"][0]["depletion"]
    median = times.to_ms(dt.datetime.fromisoformat(told["median"]))
    wanted = (median - NOW + 14 * HOUR) / DAY

    def days_left() -> float:
        found: float = json.loads(tracker("status", "-j").stdout)["accounts"][0]["days_left"]
        return found

    assert days_left() != pytest.approx(wanted, rel=0.01)
    assert tracker("report").exit_code == 0
    assert days_left() == pytest.approx(wanted, rel=0.001)
    status = json.loads(tracker("status", "-j").stdout)["accounts"][0]
    assert [status[key] for key in ("runs_out", "low", "high")] == [
        told["median"], told["low"], told["high"],
    ]  # fmt: skip
    line = tracker("status", "--format", "{runs_out} {low} {high}").stdout.split(" ")
    assert len(line) == 9

    store(database, "default", [(13 * HOUR, 600, 280)])
    monkeypatch.setattr(times, "now_ms", lambda: NOW - 13 * HOUR)
    assert days_left() > 1.5 * wanted
    monkeypatch.setattr(times, "now_ms", lambda: NOW + 3 * DAY)
    store(database, "default", [(-3 * DAY, 599, 281)])
    assert json.loads(tracker("status", "-j").stdout)["accounts"][0]["runs_out"] is None


def test_a_balance_that_is_refilled_by_itself_is_not_counted_down(
    tracker: Tracker, database: Path
) -> None:
    spent = [(h * HOUR, 3.0 + (23 - h) % 24 / 12, 100 - h / 12) for h in range(24 * 20, -1, -1)]
    store(database, "default", [(ago, 5.0 - left % 2, used) for ago, left, used in spent])
    assert "left, updated" in tracker("status").stdout
    assert tracker("report").exit_code == 0
    assert "a day (7 d): refilled by itself, updated" in tracker("status").stdout


def test_a_what_if_or_a_report_on_the_past_is_not_stored(
    tracker: Tracker, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(database, "default", week_of_work())
    monkeypatch.setattr(times, "now_ms", lambda: NOW - 14 * HOUR)
    tracker("forecast", "--balance", "5")
    tracker("report", "--as-of", "2026-11-20")
    assert json.loads(tracker("status", "-j").stdout)["accounts"][0]["runs_out"] is None


def test_what_is_of_the_future_is_not_the_present(tracker: Tracker, database: Path) -> None:
    store(database, "default", [*STEADY, (-30 * DAY, 1, 1000)])
    assert "$60.00 left, $3.29 today, $6.00 a day" in tracker("status").stdout
    store(database, "later", [(-30 * DAY, 1, 1000)])
    assert "later" not in tracker("status").stdout


def test_accounts_have_a_line_each_or_those_named(tracker: Tracker, database: Path) -> None:
    for name in "bac":
        store(database, name, STEADY)
    assert [line[0] for line in tracker("status").stdout.splitlines()] == ["a", "b", "c"]
    lines = tracker("status", "-a", "c", "--account", "a", "-a", "c").stdout.splitlines()
    assert [line[0] for line in lines] == ["c", "a"]
    assert tracker("status", "-a", "d").exit_code == 2


def test_a_history_that_is_not_configured_is_shown_if_it_is_named(
    tracker: Tracker, database: Path, tmp_path: Path
) -> None:
    for name in ("old", "work"):
        store(database, name, STEADY)
    config = tmp_path / "config.toml"
    config.write_text('[[account]]\nname = "work"\ntoken_env = "X"\n')
    config.chmod(0o600)
    lines = tracker("--config", str(config), "status").stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["work"]
    assert tracker("--config", str(config), "status", "--account", "old").stdout.startswith("old:")


def test_without_another_snapshot_a_history_that_is_not_configured_is_shown(
    tracker: Tracker, database: Path, tmp_path: Path
) -> None:
    store(database, "old", STEADY)
    with Database.open(database) as opened, opened.write() as connection:
        accounts.get_or_create(connection, Account("work", TokenFromEnv("X")))
    config = tmp_path / "config.toml"
    config.write_text('[[account]]\nname = "work"\ntoken_env = "X"\n')
    config.chmod(0o600)
    assert tracker("--config", str(config), "status").stdout.startswith("old:")


def test_no_history_exits_with_3(tracker: Tracker, empty_database: Path) -> None:
    result = tracker("status")
    assert (result.exit_code, result.stdout) == (3, "")
    empty_database.unlink()
    result = tracker("status")
    assert (result.exit_code, result.stdout) == (3, "")
    assert not empty_database.exists()


def test_a_template_shapes_the_line(tracker: Tracker, database: Path) -> None:
    store(database, "default", STEADY)
    template = "{account} {balance}|{balance_usd:.0f}|{days:>6.1f}|{rate}|{{}}"
    result = tracker("status", "--format", template)
    assert result.stdout == "default $60.00|60|  10.0|$6.00|{}\n"


@pytest.mark.parametrize("name", ["LC_ALL", "LANG"])
def test_the_c_locale_gets_ascii(
    tracker: Tracker, database: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    store(database, "default", [(0, 8, 1)])
    for other in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(other, raising=False)
    assert "default: $8.00 left, — today" in tracker("status").stdout
    monkeypatch.setenv(name, "C")
    assert "default: $8.00 left, -- today" in tracker("status").stdout
    assert "today" in tracker("status", "--format", "{spent_today} today ключ").stdout
    assert tracker("status", "--format", "{account} ключ").stdout == "default ????\n"


def test_control_characters_of_a_name_never_reach_the_terminal(
    tracker: Tracker, database: Path
) -> None:
    store(database, "a", STEADY)
    with Database.open(database) as opened, opened.write() as connection:  # as others may have
        connection.execute(update(account).values(name="a\x1b]0;x\x07\u202e\n"))
    for words in ((), ("--format", "{account}"), ("-j",)):
        assert tracker("status", *words).stdout.replace("\n", "").isprintable()
