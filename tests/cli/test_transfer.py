import json
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.cli.test_status import store
from tests.gateway_server import TOKEN, Gateway
from usage_tracker.times import HOUR

CSV = "captured_at,quota,used_quota\n2026-11-01T00:00:00Z,100,5\n1793577600,90,15\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(CSV)
    return path


class TestImport:
    def test_it_needs_no_configuration_and_changes_nothing_the_second_time(
        self, tracker: Tracker, file: Path
    ) -> None:
        assert tracker("import", str(file)).stdout == "default: imported 2 snapshots\n"
        assert (
            tracker("import", str(file)).stdout
            == "default: imported 0 snapshots (2 already stored)\n"
        )
        document = json.loads(tracker("import", str(file), "-j").stdout)
        assert document == {
            "schema": "usage-tracker.import/1",
            "accounts": ["default"],
            "read": 2,
            "added": 0,
            "failures": 0,
        }

    def test_who_wants_to_hear_nothing_hears_nothing(self, tracker: Tracker, file: Path) -> None:
        assert tracker("-q", "import", str(file)).output == ""
        assert tracker("db", "upgrade", "-q").output == ""
        assert tracker("db", "prune", "--older-than", "1d", "-q").output == ""
        assert tracker("export", str(file.with_name("x.csv")), "-q").output == ""
        assert tracker("export", "-", "-q").stdout

    def test_a_configured_account_lends_what_the_file_leaves_out(
        self, tracker: Tracker, file: Path, config: Path
    ) -> None:
        config.parent.mkdir(parents=True)
        config.write_text(
            '[[account]]\nname = "work"\ntoken_env = "X"\nbase_url = "https://x.org"\n'
            "quota_per_unit = 10\n"
        )
        tracker("import", str(file), "--account", "work")
        account = json.loads(tracker("accounts", "-j").stdout)["accounts"][0]
        assert account["history_base_url"] == "https://x.org"
        assert "$9.00" in tracker("history").stdout

    def test_what_a_unit_is_worth_is_not_for_another_database_to_say(
        self, tracker: Tracker, file: Path, tmp_path: Path
    ) -> None:
        tracker("import", str(file))
        other = tmp_path / "other.jsonl"
        tracker("export", str(other))
        other.write_text(other.read_text().replace("500000", "1000"))
        assert tracker("import", str(other)).exit_code == 0
        (account,) = json.loads(tracker("history", "-j").stdout)["accounts"]
        assert account["quota_per_unit"] == 500_000

    def test_nobody_s_home_is_no_defect(self, tracker: Tracker, file: Path) -> None:
        tracker("import", str(file))
        for words in (("import",), ("export",), ("db", "backup")):
            result = tracker(*words, "~nobody-of-that-name/file")
            assert result.exit_code == 1
            assert result.stderr.count("\n") == 1
            assert "a bug in this program" not in result.stderr

    def test_a_history_goes_on_where_the_import_ends(
        self, tracker: Tracker, file: Path, gateway: Gateway
    ) -> None:
        assert gateway.url
        tracker("import", str(file))
        assert tracker("snapshot").exit_code == 0

    def test_a_single_snapshot_is_told_in_the_singular(self, tracker: Tracker, file: Path) -> None:
        file.write_text("".join(CSV.splitlines(keepends=True)[:2]))
        assert tracker("import", str(file)).stdout == "default: imported 1 snapshot\n"

    def test_a_bad_row_is_named_and_nothing_is_made(
        self, tracker: Tracker, file: Path, database: Path
    ) -> None:
        file.write_text(f"{CSV}2026-11-02T00:00:00Z,9e1,6\n")
        result = tracker("import", str(file))
        assert result.exit_code == 1
        assert "log.csv line 4" in result.stderr
        assert tracker("status").exit_code == 3
        assert not database.exists()

    def test_a_file_that_is_not_there_is_told(self, tracker: Tracker) -> None:
        result = tracker("import", "nowhere.csv")
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1

    @pytest.mark.parametrize("words", [("import", ""), ("export", ""), ("db", "backup", "")])
    def test_no_file_at_all_is_misuse(self, tracker: Tracker, words: tuple[str, ...]) -> None:
        result = tracker(*words)
        assert result.exit_code == 2
        assert "it is empty" in result.stderr

    def test_another_database_brings_all_its_accounts(
        self, tracker: Tracker, tmp_path: Path
    ) -> None:
        for name in "ab":
            store(tmp_path / "other.db", name, [(h * HOUR, 9 - h, h) for h in range(3)])
        result = tracker("import", str(tmp_path / "other.db"))
        assert result.stdout == "a, b: imported 6 snapshots\n"

    def test_events_of_a_pruned_time_that_are_not_taken_over_are_mentioned(
        self, tracker: Tracker, database: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "other.db"
        for path in (database, other):
            store(path, "work", [(h * HOUR, h, 2_000 - h) for h in range(24 * 60)])
        pruned = tracker(
            "--db", str(other), "db", "prune", "--older-than", "30d", "-y", "--keep", "day"
        )
        assert "pruned" in pruned.stdout
        result = tracker("import", str(other))
        assert result.stdout.startswith("work: imported 0 snapshots (")
        assert result.stderr.count("\n") == 1
        assert "work: the stored events of the pruned time were not imported" in result.stderr
        assert tracker("-q", "import", str(other)).output == ""


SHEET = "日期;余额;已用额度\n2026/11/03 14:05;58,14;0,10\n2026/11/04 14:05;57,14;1,10\n;;\n"
AS_DOLLARS = ("--tz", "Asia/Taipei", "--unit", "usd")


class TestSpreadsheets:
    def test_a_dry_run_shows_what_is_understood_and_imports_nothing(
        self, tracker: Tracker, file: Path, database: Path
    ) -> None:
        file.write_text(SHEET)
        at = "06:05:00.000Z"
        result = tracker("import", str(file), *AS_DOLLARS, "--dry-run")
        assert [line.split(maxsplit=1) for line in result.stdout.splitlines()[1:]] == [
            ["columns", "captured_at = 日期, quota = 余额, used_quota = 已用额度"],
            ["unit", "dollars, of 500000 units each"],
            ["zone", "Asia/Taipei, where a time has no offset"],
            [
                "first",
                f"line 2: 2026-11-03T{at}, quota 29070000 ($58.14), used_quota 50000 ($0.10)",
            ],
            [
                "last",
                f"line 3: 2026-11-04T{at}, quota 28570000 ($57.14), used_quota 550000 ($1.10)",
            ],
        ]
        assert result.stdout.startswith(f"{file}: 2 rows for default\n")
        assert not database.exists()

    def test_a_dry_run_is_told_as_json(self, tracker: Tracker, file: Path) -> None:
        file.write_text(SHEET)
        result = tracker("import", str(file), *AS_DOLLARS, "--dry-run", "-j")
        document = json.loads(result.stdout)
        assert (document["dry_run"], document["read"], document["unit"]) == (True, 2, "usd")
        assert document["last"]["quota"] == 28_570_000

    def test_dollars_become_units_of_the_account(
        self, tracker: Tracker, file: Path, config: Path
    ) -> None:
        config.parent.mkdir(parents=True)
        config.write_text('[[account]]\nname = "a"\ntoken_env = "X"\nquota_per_unit = 68493.15\n')
        file.write_text("time,balance_usd,used_usd\n1793577600,100,0.01\n")
        assert tracker("import", str(file), "-a", "a").exit_code == 0
        (account,) = json.loads(tracker("history", "-j").stdout)["accounts"]
        assert account["snapshots"][0]["quota"] == 6_849_315
        config.unlink()  # the history knows its unit
        assert tracker("import", str(file), "-a", "a").stdout.endswith("(1 already stored)\n")

    def test_what_looks_like_dollars_is_refused_unless_it_is_said_to_be_units(
        self, tracker: Tracker, file: Path, database: Path
    ) -> None:
        rows = "".join(f"{1793577600 + day * 86400},{79 - day},{400 + day}\n" for day in range(3))
        file.write_text(f"captured_at,quota,used_quota\n{rows}")
        result = tracker("import", str(file))
        assert result.exit_code == 1
        assert "its amounts look like dollars" in result.stderr
        assert "add --unit usd, or --unit units" in result.stderr
        assert not database.exists()
        assert tracker("import", str(file), "--unit", "units").exit_code == 0
        assert tracker("export", str(file)).exit_code == 0
        assert tracker("import", str(file)).exit_code == 0  # what was exported is units

    def test_the_lines_in_the_documentation_can_be_imported(
        self, tracker: Tracker, file: Path
    ) -> None:
        text = (Path(__file__).parents[2] / "docs" / "import.md").read_text()
        file.write_text(text.split("```json\n")[1].split("```")[0])
        assert tracker("import", str(file)).stdout == "default: imported 2 snapshots\n"

    @pytest.mark.parametrize(
        "words",
        [
            ("--map", "balance=x"),
            ("--map", "quota"),
            ("--map", "quota="),
            ("--encoding", "hex"),
            ("--encoding", "nonsense"),
            ("--unit", "eur"),
            ("--tz", "Mars"),
        ],
    )
    def test_an_option_that_cannot_be_is_misuse(
        self, tracker: Tracker, file: Path, words: tuple[str, ...]
    ) -> None:
        result = tracker("import", str(file), *words)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1


class TestExport:
    @pytest.fixture(autouse=True)
    def _history(self, tracker: Tracker, gateway: Gateway, file: Path) -> None:
        assert gateway.url
        tracker("snapshot")
        tracker("import", str(file))

    def test_jsonl_out_and_in_again_loses_nothing(self, tracker: Tracker, tmp_path: Path) -> None:
        one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
        result = tracker("export", str(one))
        assert result.stderr == f"wrote 3 snapshots of default to {one}\n"
        assert stat.S_IMODE(one.stat().st_mode) == 0o600
        assert TOKEN not in one.read_text()
        copy = ("--db", str(tmp_path / "copy.db"))
        tracker("import", str(one), *copy)
        tracker("export", str(two), *copy)
        assert one.read_text() == two.read_text()

    def test_the_ending_or_the_option_tells_the_format(
        self, tracker: Tracker, tmp_path: Path
    ) -> None:
        tracker("export", str(tmp_path / "a.csv"))
        tracker("export", str(tmp_path / "b.txt"), "--format", "csv")
        text = (tmp_path / "a.csv").read_text()
        assert text == (tmp_path / "b.txt").read_text()
        assert text.startswith("captured_at,quota,used_quota,request_count\n")
        assert text.count("\n") == 4

    def test_a_dash_is_stdout(self, tracker: Tracker, tmp_path: Path) -> None:
        tracker("export", str(tmp_path / "a.jsonl"))
        result = tracker("export", "-")
        assert result.stdout == (tmp_path / "a.jsonl").read_text("utf-8")

    def test_of_several_accounts_one_has_to_be_named(
        self, tracker: Tracker, database: Path, tmp_path: Path
    ) -> None:
        store(database, "b", [(0, 1, 2)])
        path = str(tmp_path / "x.csv")
        result = tracker("export", path)
        assert result.exit_code == 2
        assert "'b', 'default'" in result.stderr
        document = json.loads(tracker("export", path, "-a", "b", "-j", "-q").stdout)
        assert document["snapshots"] == 1

    def test_a_place_that_cannot_be_written_is_told(self, tracker: Tracker, tmp_path: Path) -> None:
        result = tracker("export", str(tmp_path / "no" / "x.csv"))
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
