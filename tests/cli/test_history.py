import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.cli.test_status import store
from tests.store.samples import T0, answer, save
from usage_tracker.store.database import Database
from usage_tracker.times import HOUR, iso


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def history(database: Path) -> None:
    store(database, "default", [(h * HOUR, 50 + h, 100 - h) for h in range(30)])


@pytest.mark.usefixtures("history")
def test_the_newest_twenty_are_shown_newest_last(tracker: Tracker) -> None:
    header, *rows = tracker("history").stdout.splitlines()
    assert header.split() == ["captured", "left", "used", "quota", "used_quota", "requests"]
    assert len(rows) == 20
    assert rows[-1].split() == [
        *("2026-11-23", "13:15:00", "$50.00", "$100.00", "25,000,000", "50,000,000", "—"),
    ]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("-n", "3"), 3),
        (("-n", "0"), 30),
        (("--since", "2026-11-23T03:15:00Z"), 11),
        (("--since", "2026-11-23T03:15:00Z", "--until", "2026-11-23T05:15Z"), 2),
        (("--since", "2026-11-23T11:15", "--tz", "Asia/Taipei"), 11),
        (("--since", "20261123", "-n", "2"), 2),
        (("-u", "20261123"), 16),
    ],
)
def test_a_window_and_a_limit_choose(tracker: Tracker, words: tuple[str, ...], count: int) -> None:
    assert len(tracker("history", *words).stdout.splitlines()) == 1 + count


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    "words",
    [
        ("--since", "20261125", "--until", "20261120"),
        ("--since", "20300101"),
        ("--since", "9999-12-31T23:59Z", "--tz", "Asia/Taipei"),
    ],
)
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_window_in_which_nothing_can_be_is_misuse(
    tracker: Tracker, words: tuple[str, ...], form: str
) -> None:
    result = tracker("history", *words, "--format", form)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("tracker: nothing lies between ")


@pytest.mark.usefixtures("history")
def test_that_there_is_more_is_told_unless_the_reader_chose(
    tracker: Tracker, database: Path
) -> None:
    assert tracker("history").stderr == "the newest 20 of 30 snapshots; -n shows more\n"
    assert tracker("history", "-u", "2026-11-23T12:00Z", "-j").stderr == (
        "the newest 20 of 28 snapshots; -n shows more\n"
    )
    for words in (("-q",), ("-n", "3"), ("-n", "0"), ("-s", "20261122"), ("-u", "20261123")):
        assert tracker("history", *words).stderr == ""
    store(database, "b", [(0, 1, 2)])
    assert tracker("history").stderr == "default: the newest 20 of 30 snapshots; -n shows more\n"


@pytest.mark.usefixtures("history")
def test_data_in_utc_need_no_zone(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST")
    assert tracker("history", "-j").exit_code == 0
    assert tracker("history", "--format", "csv").exit_code == 0
    assert tracker("history").exit_code == 0
    assert tracker("history", "--tz", "Mars/Base", "-j").exit_code == 2


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    "words",
    [
        ("history", "--format", "csv"),
        ("history", "--format", "table"),
        ("status", "--format", "{age}"),
    ],
)
def test_two_formats_for_one_answer_are_misuse(tracker: Tracker, words: tuple[str, ...]) -> None:
    result = tracker(*words, "-j")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--json and --format {words[-1]} contradict each other" in result.stderr


@pytest.mark.usefixtures("history")
def test_json_has_the_numbers_as_they_came(tracker: Tracker) -> None:
    document = json.loads(tracker("history", "-j", "-n", "1").stdout)
    assert document == json.loads(tracker("history", "--format", "json", "-n", "1").stdout)
    assert document == {
        "schema": "usage-tracker.history/1",
        "accounts": [
            {
                "account": "default",
                "quota_per_unit": 500000,
                "snapshots": [
                    {
                        "captured_at": "2026-11-23T13:15:00.000Z",
                        "quota": 25_000_000,
                        "used_quota": 50_000_000,
                        "request_count": None,
                        "source": "gateway",
                    }
                ],
            }
        ],
    }


def test_csv_cannot_be_a_formula_and_accounts_follow_each_other(
    tracker: Tracker, database: Path
) -> None:
    store(database, "=1+1", [(0, 1, 2)])
    store(database, "b", [(0, 3, 4)])
    rows = list(csv.reader(io.StringIO(tracker("history", "--format", "csv").stdout)))
    assert rows == [
        ["account", "captured_at", "quota", "used_quota", "request_count"],
        ["'=1+1", "2026-11-23T13:15:00.000Z", "500000", "1000000", ""],
        ["b", "2026-11-23T13:15:00.000Z", "1500000", "2000000", ""],
    ]
    assert tracker("history").stdout.splitlines()[0] == "=1+1"
    assert len(tracker("history", "-a", "b").stdout.splitlines()) == 2


@pytest.mark.parametrize("words", [("--since", "soon"), ("--tz", "Mars/Base"), ("-n", "-1")])
def test_nonsense_is_misuse(tracker: Tracker, empty_database: Path, words: tuple[str, ...]) -> None:
    assert empty_database.exists()
    assert tracker("history", *words).exit_code == 2


@pytest.mark.parametrize("words", [("history",), ("export", "-")])
def test_no_history_exits_with_3(tracker: Tracker, words: tuple[str, ...]) -> None:
    assert tracker(*words).exit_code == 3


@pytest.mark.parametrize("words", [("history",), ("export", "-")])
@pytest.mark.usefixtures("empty_database")
def test_a_database_without_any_does_too(tracker: Tracker, words: tuple[str, ...]) -> None:
    assert tracker(*words).exit_code == 3


TIME = "2026-11-23T11:15:00.000Z"


def moments(tracker: Tracker, *words: str) -> list[str]:
    accounts = json.loads(tracker("history", "--json", "-n", "0", *words).stdout)["accounts"]
    return [row["captured_at"] for account in accounts for row in account["snapshots"]]


@pytest.mark.usefixtures("history")
class TestRemove:
    @pytest.mark.parametrize(
        "words",
        [
            (TIME,),
            ("2026-11-23 11:15:00",),
            ("2026-11-23T19:15+08:00",),
            ("2026-11-23T19:15:00", "--tz", "Asia/Taipei"),
            (TIME, "--account", "default"),
        ],
    )
    def test_the_snapshot_of_a_time_is_removed(
        self, tracker: Tracker, database: Path, words: tuple[str, ...]
    ) -> None:
        result = tracker("history", "remove", *words, "--yes")
        assert (result.exit_code, result.stderr) == (0, "")
        removed, kept = result.stdout.splitlines()
        assert removed == (
            f"removed the snapshot of default at {TIME} (quota 26000000, used_quota 49000000)"
        )
        (backup,) = database.parent.glob("usage.db.before-remove.*")
        assert kept == f"the previous version is kept in {backup}"
        assert TIME not in moments(tracker)
        assert len(moments(tracker)) == 29
        assert TIME in moments(tracker, "--db", str(backup))
        assert tracker("db", "check").exit_code == 0

    def test_as_json(self, tracker: Tracker, database: Path) -> None:
        result = tracker("history", "remove", TIME, "--yes", "--json")
        (backup,) = database.parent.glob("usage.db.before-remove.*")
        assert json.loads(result.stdout) == {
            "schema": "usage-tracker.history-remove/1",
            "account": "default",
            "removed": {
                "captured_at": TIME,
                "quota": 26_000_000,
                "used_quota": 49_000_000,
                "request_count": None,
                "source": "gateway",
            },
            "backup": str(backup),
        }

    def test_it_takes_a_confirmation(
        self, tracker: Tracker, database: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        result = tracker("history", "remove", TIME)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert "add --yes" in result.stderr
        monkeypatch.setattr("usage_tracker.cli.output.can_prompt", lambda: True)
        refused = tracker("history", "remove", TIME, input="n\n")
        assert refused.exit_code == 1
        assert f"Remove the snapshot of default at {TIME}" in refused.stderr
        assert len(moments(tracker)) == 30
        assert not [*database.parent.glob("*.before-*")]
        assert tracker("history", "remove", TIME, input="y\n").exit_code == 0
        assert len(moments(tracker)) == 29

    @pytest.mark.parametrize(
        ("words", "problem"),
        [
            (
                ("2026-11-23T11:20Z",),
                "at 2026-11-23T11:20:00.000Z: the nearest are 2026-11-23T11:15:00.000Z and ",
            ),
            (("20300101",), "the nearest is 2026-11-23T13:15:00.000Z"),
            (("soon",), "'soon' is not a time"),
            ((TIME, "--account", "work"), "no history of an account 'work'"),
            ((" ",), "it is empty"),
        ],
    )
    def test_what_cannot_be_removed_is_one_clear_line(
        self, tracker: Tracker, words: tuple[str, ...], problem: str
    ) -> None:
        result = tracker("history", "remove", *words, "--yes")
        assert result.exit_code == 2
        assert problem in result.stderr
        assert len(moments(tracker)) == 30

    def test_of_several_accounts_one_must_be_named(self, tracker: Tracker, database: Path) -> None:
        store(database, "work", [(0, 1, 1), (2 * HOUR, 2, 0)])
        result = tracker("history", "remove", TIME, "--yes")
        assert result.exit_code == 2
        assert "name one of 'default', 'work'" in result.stderr
        assert tracker("history", "remove", TIME, "--yes", "-a", "work").exit_code == 0
        assert len(moments(tracker, "-a", "work")) == 1
        assert len(moments(tracker, "-a", "default")) == 30

    def test_options_before_the_command_are_misuse(self, tracker: Tracker) -> None:
        result = tracker("history", "-a", "default", "remove", TIME, "--yes")
        assert result.exit_code == 2
        assert "give the options after 'remove'" in result.stderr
        assert len(moments(tracker)) == 30


def test_there_is_nothing_to_remove_without_a_history(tracker: Tracker) -> None:
    assert tracker("history", "remove", TIME, "--yes").exit_code == 3


@pytest.mark.postgres
def test_a_database_on_a_server_is_not_backed_up(tracker: Tracker, postgres_url: str) -> None:
    with Database.open(postgres_url) as opened:
        save(opened, answer(T0), answer(T0 + HOUR))
    result = tracker("--db", postgres_url, "history", "remove", iso(T0), "--yes")
    assert result.exit_code == 0
    assert result.stderr == "note: a database on a server is not backed up\n"
    assert result.stdout.startswith("removed the snapshot of default at ")
    assert moments(tracker, "--db", postgres_url) == [iso(T0 + HOUR)]
