import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from usage_tracker.capture.user import UserSelf
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.config.thresholds import THRESHOLDS
from usage_tracker.money import units
from usage_tracker.store import accounts, snapshots
from usage_tracker.store.database import Database
from usage_tracker.times import HOUR, MINUTE, now_ms

Put = Callable[..., None]


@pytest.fixture
def put(empty_database: Path) -> Put:
    """Give an account a history of two days, hourly, up to `age` ms ago."""

    def put(name: str, left: float, age: int = MINUTE, threshold: float | None = None) -> None:
        data = {} if threshold is None else {"quota_remind_threshold": units(threshold)}
        with Database.open(empty_database) as database, database.write() as connection:
            account = accounts.get_or_create(connection, Account(name, TokenFromEnv("T")))
            for hour in range(48, -1, -1):
                moment = now_ms() - age - hour * HOUR
                answer = UserSelf(moment, units(left), 0, None, {"data": data})
                snapshots.save(connection, account, answer)

    return put


def test_all_is_well_in_one_line_with_performance_data(tracker: Tracker, put: Put) -> None:
    put("work", 50.0)
    result = tracker("check")
    assert result.exit_code == 0
    assert result.stdout.startswith("OK - work: last snapshot ")
    assert "|work_stale=" in result.stdout
    assert "work_balance=50" in result.stdout
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("options", "code", "start"),
    [
        (("--warning-balance", "60"), 1, "WARNING - work: $50.00 left|"),
        (("--critical-balance", "60"), 2, "CRITICAL - work: $50.00 left|"),
        (("--max-age", "30s"), 2, "CRITICAL - work: last snapshot "),
        (("--warning-balance", "60", "--max-age", "30s"), 2, "CRITICAL - work: last snapshot "),
    ],
)
def test_thresholds_may_be_given(
    tracker: Tracker, put: Put, options: tuple[str, ...], code: int, start: str
) -> None:
    put("work", 50.0)
    result = tracker("check", *options)
    assert (result.exit_code, result.stdout[: len(start)]) == (code, start)


def test_the_gateways_own_threshold_holds_unless_one_is_set(tracker: Tracker, put: Put) -> None:
    put("work", 50.0, threshold=60.0)
    assert tracker("check").exit_code == 1
    assert tracker("check", "--warning-balance", "40").exit_code == 0


def test_the_configuration_has_thresholds_too(tracker: Tracker, put: Put, tmp_path: Path) -> None:
    put("work", 50.0)
    config = tmp_path / "config.toml"
    config.write_text("[check]\nwarning_balance = 60\n")
    assert tracker("check", "--config", str(config)).exit_code == 1
    assert tracker("check", "--config", str(config), "--warning-balance", "1").exit_code == 0


def test_the_worst_account_counts(tracker: Tracker, put: Put) -> None:
    put("good", 50.0)
    put("bad", 0.0)
    put("old", 50.0, age=9 * HOUR)
    result = tracker("check")
    assert result.exit_code == 2
    assert "bad: the credit has run out" in result.stdout
    assert "old: last snapshot 9 h ago: is cron running?" in result.stdout
    assert "; 1 more OK|" in result.stdout
    assert tracker("check", "--account", "good").exit_code == 0


def test_an_account_that_was_removed_is_judged_only_when_it_is_named(
    tracker: Tracker, put: Put, tmp_path: Path
) -> None:
    put("work", 50.0)
    put("gone", 50.0, age=9 * HOUR)
    config = tmp_path / "config.toml"
    config.write_text('[[account]]\nname = "work"\ntoken_env = "T"\n')
    assert tracker("check").exit_code == 2
    result = tracker("check", "--config", str(config))
    assert (result.exit_code, "gone" in result.stdout) == (0, False)
    assert tracker("check", "--config", str(config), "-a", "gone").exit_code == 2


def test_json_tells_each_rule(tracker: Tracker, put: Put) -> None:
    put("work", 50.0)
    document = json.loads(tracker("check", "--json").stdout)
    assert document["schema"] == "usage-tracker.check/1"
    assert document["status"] == "ok"
    (account,) = document["accounts"]
    assert {rule["rule"]: rule["status"] for rule in account["rules"]} == {
        "stale": "ok",
        "days": "ok",
        "balance": "ok",
    }


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "no history yet"),
        (("--bogus",), "No such option"),
        (("--warning-days", "many"), "must be a number, 0 or more (it is 'many')"),
        (("--warning-days", "nan"), "must be a number, 0 or more (it is nan)"),
        (("--warning-days", "-1"), "must be a number, 0 or more (it is -1.0)"),
        (("--max-age", "soon"), 'must be a duration above 0, as in "90m" or "6h" (it is \'soon\')'),
        (("--config", "/nowhere.toml"), "there is no /nowhere.toml"),
        (("--warning-days", "1", "--critical-days", "5"), "--warning-days below --critical-days"),
        (("--warning-balance", "1", "--critical-balance", "5"), "would never warn"),
        (("too", "much"), "unexpected extra argument"),
    ],
)
def test_misuse_and_missing_data_are_unknown(
    tracker: Tracker, words: tuple[str, ...], text: str
) -> None:
    result = tracker("check", *words)
    assert result.exit_code == 3
    assert result.stdout.startswith("UNKNOWN - ")
    assert text in result.stdout
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize("key", THRESHOLDS)
@pytest.mark.parametrize("value", ["0s", "90m", "0", "-1", "1e13", "nan", ""])
def test_an_option_is_valid_if_the_configuration_accepts_its_value(
    tracker: Tracker, put: Put, tmp_path: Path, key: str, value: str
) -> None:
    put("work", 50.0)
    is_text = key == "max_age" or value in {"0s", "90m", ""}
    config = tmp_path / "config.toml"
    config.write_text(f"[check]\n{key} = {json.dumps(value) if is_text else value}\n")
    refused = [
        "must be" in tracker("check", *words).stdout
        for words in (("--config", str(config)), (f"--{key.replace('_', '-')}", value))
    ]
    assert refused[0] == refused[1]


def test_misuse_in_front_of_it_is_unknown_too(tracker: Tracker) -> None:
    assert tracker("--bogus", "check").exit_code == 3
    assert tracker("--bogus", "status").exit_code == 2


def test_an_account_that_is_not_there_is_unknown(tracker: Tracker, put: Put) -> None:
    put("work", 50.0)
    result = tracker("check", "--account", "wrok")
    assert result.exit_code == 3
    assert "'wrok'" in result.stdout


@pytest.mark.usefixtures("empty_database")
def test_an_account_without_a_snapshot_is_unknown(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_TOKEN", "fd0123")
    result = tracker("check")
    assert (result.exit_code, result.stdout) == (3, "UNKNOWN - default: no snapshot yet\n")


@pytest.mark.parametrize(
    "words",
    [
        ("check", "-j"),
        ("--json", "check", "--max-age", "soon"),
        ("check", "--bogus", "--json"),
        ("check", "--bogus", "--format", "json"),
        ("check", "--bogus", "-qj"),
        ("check", "-j", "--db", "/nowhere/x.db"),
        ("check", "-j", "--config", "/nowhere.toml"),
    ],
)
def test_whoever_wants_json_gets_the_reason_in_json(
    tracker: Tracker, words: tuple[str, ...]
) -> None:
    result = tracker(*words)
    document = json.loads(result.stdout)
    assert (result.exit_code, document["status"], document["accounts"]) == (3, "unknown", [])
    assert document["reason"]


def test_help_is_not_an_error(tracker: Tracker) -> None:
    assert tracker("check", "--help").exit_code == 0
