import gzip
import sqlite3
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.store.samples import GOLDEN, MINUTE, T0, account, answer, contents, save
from usage_tracker.errors import DatabaseError, TrackerError
from usage_tracker.store import checkpoints, failures, snapshots
from usage_tracker.store.accounts import OtherAccountError, UnknownAccountError
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database
from usage_tracker.store.errors import NoDatabaseError, UpgradeNeededError
from usage_tracker.store.failures import Failure
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import (
    NOT_AN_EXPORT,
    ConflictingRowsError,
    ContradictionError,
    FutureRowError,
    InvalidHistoryError,
    SumTooLargeError,
    UnreadableFileError,
)
from usage_tracker.store.importing.merge import ImportResult, merge
from usage_tracker.store.importing.run import import_history, stage
from usage_tracker.times import HOUR, iso, now_ms

HEAD = "captured_at,quota,used_quota,request_count\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def test_an_import_is_idempotent(database_url: str, source: Path) -> None:
    source.write_text(f"{HEAD}{T0 + 1},5,6,7\n{T0},6,5,\n{T0},6,5,\n")
    with Database.open(database_url) as database:
        assert import_history(database, source) == ImportResult(("default",), 3, 2, 0)
        once = contents(database)
        assert import_history(database, source) == ImportResult(("default",), 3, 0, 0)
        assert contents(database) == once


def test_an_import_fills_in_missing_values(database_url: str, source: Path) -> None:
    source.write_text(f"{HEAD}{T0},5,6,7\n")
    log = source.with_suffix(".jsonl")
    response = '{"success": true, "data": {"quota": 5, "used_quota": 6, "id": 1}}'
    log.write_text(f'{{"captured_at": {T0}, "response": {response}}}\n')
    with Database.open(database_url) as database:
        import_history(database, log)
        import_history(database, source)
        one_way = contents(database, "snapshot", "profile")
    assert one_way["snapshot"][0][4] == 7
    assert one_way["snapshot"][0][-1] is not None
    with Database.open(source.with_suffix(".db")) as database:
        import_history(database, source)
        import_history(database, log)
        assert contents(database, "snapshot", "profile") == one_way


def test_a_row_that_contradicts_a_stored_one_names_both(database_url: str, source: Path) -> None:
    source.write_text(f"{HEAD}{T0},4,5,\n{T0 + 1},5,6,\n{T0 + 2},6,7,\n")
    with Database.open(database_url) as database:
        save(database, answer(T0 + 1, 5, 7, request_count=1))
        before = contents(database)
        with pytest.raises(ContradictionError) as caught:
            import_history(database, source)
        assert str(caught.value) == (
            f"{source} line 3 (quota 5, used_quota 6) contradicts the snapshot of 'default' "
            "stored at 2025-11-30T10:53:20.001Z (quota 5, used_quota 7, request_count 1); "
            "nothing was imported"
        )
        assert contents(database) == before


@pytest.mark.parametrize("again", ["3,5,", "4,6,", "4,5,8"])
def test_two_rows_that_contradict_each_other_are_named(
    tmp_path: Path, source: Path, again: str
) -> None:
    source.write_text(f"{HEAD}{T0},4,5,7\n{T0 + 1},5,6,\n{T0},{again}\n")
    with Database.open(tmp_path / "usage.db") as database:
        with pytest.raises(ConflictingRowsError, match="line 4 contradicts line 2"):
            import_history(database, source)
        assert contents(database)["account"] == []


def test_a_row_whose_counters_add_up_to_65_bits_is_named(
    database_url: str, tmp_path: Path, source: Path
) -> None:
    source.write_text(f"{HEAD}{T0},{2**63 - 1},0,\n{T0 + 1},{2**63 - 1},1,\n")
    with Database.open(tmp_path / "other.db") as other:
        save(other, answer(T0, quota=2**63 - 1))
        with other.write() as connection:
            connection.execute(text("UPDATE snapshot SET used_quota = 1"))
    with Database.open(database_url) as database:
        with pytest.raises(SumTooLargeError, match=r"rows.csv line 3: quota \+ used_quota"):
            import_history(database, source)
        with pytest.raises(SumTooLargeError, match=r"the snapshot of 2025-11-30T10:53:20.000Z: "):
            import_history(database, tmp_path / "other.db")
        assert contents(database)["account"] == []


@pytest.mark.parametrize("counts", [("", "7"), ("7", ""), ("", "7", "7", "")])
def test_two_rows_of_which_one_knows_the_count_are_one(
    database_url: str, source: Path, counts: tuple[str, ...]
) -> None:
    source.write_text(HEAD + "".join(f"{T0},4,5,{count}\n" for count in counts))
    with Database.open(database_url) as database:
        assert import_history(database, source).added == 1
        assert contents(database, "snapshot")["snapshot"][0][1:5] == (T0, 4, 5, 7)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("4,5,", "4,5,7", "4,5,8"), "line 4 contradicts line 3"),
        (("4,5,", "6,5,7"), "line 3 contradicts line 2"),
    ],
)
def test_the_two_rows_that_contradict_each_other_are_named(
    tmp_path: Path, source: Path, rows: tuple[str, ...], expected: str
) -> None:
    source.write_text(HEAD + "".join(f"{T0},{row}\n" for row in rows))
    with (
        Database.open(tmp_path / "usage.db") as database,
        pytest.raises(ConflictingRowsError, match=expected),
    ):
        import_history(database, source)


@pytest.mark.parametrize(
    ("new", "left"), [(T0 + 9 * MINUTE, 1), (T0 + 1, 0), (T0, 1)], ids=["newer", "older", "known"]
)
def test_only_older_rows_that_are_new_unsettle_the_ledger(
    database_url: str, source: Path, new: int, left: int
) -> None:
    source.write_text(f"{HEAD}{new},1000,0,\n")
    with Database.open(database_url) as database:
        one = save(database, answer(T0), answer(T0 + 6 * MINUTE)).account_id
        with database.write() as connection:
            checkpoints.upsert(connection, one, StoredCheckpoint(T0 + 5 * MINUTE, 1, 0, exact=True))
        import_history(database, source)
        with database.read() as connection:
            assert len(checkpoints.list_checkpoints(connection, one)) == left


def test_a_large_import_goes_in_by_time_and_tells_its_progress(
    tmp_path: Path, source: Path
) -> None:
    count, seen = 25_000, list[int]()
    lines = [f"{T0 + i * MINUTE},{10**9 - i},{10**10 + i},\n" for i in range(count)]
    source.write_text(HEAD + "".join(reversed(lines)))
    with Database.open(tmp_path / "usage.db") as database:
        done = import_history(database, source, progress=seen.append)
        assert done.added == sum(seen) == count
        assert len(seen) > 1
        with database.read() as connection:
            moments = [row.captured_at for row in snapshots.iterate(connection, 1)]
    assert len(moments) == count
    assert all(before < after for before, after in pairwise(moments))
    assert (tmp_path / "usage.db").stat().st_size / count < 40


def test_parsing_locks_nobody_out(tmp_path: Path, source: Path) -> None:
    source.write_text(HEAD + "".join(f"{T0 + i},{i},{i},\n" for i in range(12_000)))
    with Database.open(tmp_path / "usage.db") as database:

        def interrupt(_: int) -> None:
            with database.write(deadline=0.05) as connection:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")

        assert import_history(database, source, progress=interrupt).added == 12_000


def test_writers_and_an_import_come_through_together(database_url: str, source: Path) -> None:
    source.write_text(HEAD + "".join(f"{T0 + i},{i},{i},\n" for i in range(3000)))
    with Database.open(database_url) as database:

        def snap(number: int) -> None:
            for i in range(10):
                save(database, answer(T0 + 10**6 + number * 100 + i, display_name=f"{number} {i}"))

        threads = [threading.Thread(target=snap, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        done = import_history(database, source)
        for thread in threads:
            thread.join()
        assert done.added == 3000
        assert len(contents(database, "snapshot")["snapshot"]) == 3030


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, name: str) -> None:
    with (
        Database.open(tmp_path / "usage.db") as database,
        pytest.raises(UnreadableFileError, match="cannot read"),
    ):
        import_history(database, tmp_path / name)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (gzip.compress(HEAD.encode(), mtime=0), "it is compressed: unpack it first"),
        (b"PK\x03\x04 and more", "it is compressed or a workbook: unpack it first, or save its s"),
        (HEAD.encode("utf-16-le"), "it is not text in UTF-8: add --encoding"),
        (b'{\n  "schema": "usage-tracker.history/1",\n', NOT_AN_EXPORT),
    ],
    ids=["empty", "mark", "gzip", "workbook", "utf-16-le", "json"],
)
@pytest.mark.parametrize("name", ["history.csv", "history.jsonl"])
def test_a_file_that_is_not_a_history_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    source = tmp_path / name
    source.write_bytes(content)
    with (
        Database.open(tmp_path / "usage.db") as database,
        pytest.raises(InvalidHistoryError, match=f"{name}: {why}"),
    ):
        import_history(database, source)


def fill(database: Database) -> None:
    for name, base_url in (("default", "https://here.example"), ("work", "https://there.example")):
        one = account(name, base_url=base_url, quota_per_unit=68493.15)
        rows = (answer(T0 + i, 100 - i, i, id=7, group="ab"[i % 2]) for i in range(5))
        stored = save(database, *rows, to=one)
        with database.write() as connection:
            failures.record(connection, stored.account_id, Failure(T0 + 9, "tls", None, "x" * 50))
            failures.record(connection, stored.account_id, Failure(T0 + 9, "server_error", 502))


def test_a_history_moves_to_another_database_and_back(tmp_path: Path, database_url: str) -> None:
    with Database.open(tmp_path / "here.db") as here, Database.open(database_url) as there:
        fill(here)
        assert import_history(there, tmp_path / "here.db") == ImportResult(
            ("default", "work"), 10, 10, 4
        )
        assert contents(there) == contents(here)
        again = import_history(there, tmp_path / "here.db")
        assert (again.added, again.failures) == (0, 0)
        assert contents(there) == contents(here)
        with Database.open(tmp_path / "back.db") as back:
            assert import_history(back, database_url).added == 10
            assert contents(back) == contents(here)


def test_one_account_of_another_database_can_be_taken(tmp_path: Path) -> None:
    with Database.open(tmp_path / "here.db") as here, Database.open(tmp_path / "there.db") as there:
        fill(here)
        assert import_history(there, tmp_path / "here.db", AccountSpec("work")).accounts == (
            "work",
        )
        assert [row[0] for row in contents(there, "account")["account"]] == ["work"]
        with pytest.raises(UnknownAccountError, match="'default', 'work'"):
            import_history(there, tmp_path / "here.db", AccountSpec("nobody"))


def test_histories_of_two_machines_become_one(tmp_path: Path) -> None:
    with Database.open(tmp_path / "here.db") as here, Database.open(tmp_path / "there.db") as there:
        save(here, *(answer(T0 + i, id=7, group="a") for i in (0, 2, 4)))
        save(there, *(answer(T0 + i, id=7, group="b") for i in (1, 2, 3)))
        import_history(here, tmp_path / "there.db")
        import_history(there, tmp_path / "here.db")
        assert [row[:4] for row in contents(here, "snapshot")["snapshot"]] == [
            row[:4] for row in contents(there, "snapshot")["snapshot"]
        ]
        assert len(contents(here, "profile")["profile"]) == 2


def test_a_database_of_another_gateway_or_user_is_refused(tmp_path: Path) -> None:
    with Database.open(tmp_path / "here.db") as here:
        save(here, answer(T0, id=1))
        for number, other in enumerate((account(base_url="https://x.example"), account())):
            path = tmp_path / f"{number}.db"
            with Database.open(path) as there:
                save(there, answer(T0 + 1, id=2 if number else 1), to=other)
            with pytest.raises(OtherAccountError):
                import_history(here, path)
        assert len(contents(here, "snapshot")["snapshot"]) == 1


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("UPDATE account SET base_url = 'https://u:p455@x.example'", "base_url contains a user"),
        ("UPDATE failure SET http_status = 9999999999", "http_status is not a status"),
        ("UPDATE failure SET detail = 'a' || char(0)", "detail contains a character"),
    ],
)
def test_a_database_with_invalid_values_is_refused(tmp_path: Path, damage: str, why: str) -> None:
    path = tmp_path / "there.db"
    with Database.open(path) as there:
        fill(there)
        with there.write() as connection:
            connection.exec_driver_sql(damage)
    with Database.open(tmp_path / "here.db") as here:
        with pytest.raises(InvalidHistoryError, match=rf"there\.db: 'default': {why}") as caught:
            import_history(here, path)
        assert contents(here, "account")["account"] == []
    assert "p455" not in str(caught.value)


def test_a_value_that_a_server_refuses_is_explained(tmp_path: Path, postgres_url: str) -> None:
    with Database.open(postgres_url) as database:
        with stage(write_csv(tmp_path)) as staging:
            staging.add_failure(1, Failure(T0, "tls", None, "a\0b"))
            with pytest.raises(DatabaseError, match="NUL"):
                merge(database, staging)
        assert contents(database, "account")["account"] == []


def write_csv(folder: Path) -> Path:
    path = folder / "rows.csv"
    path.write_text(f"{HEAD}{T0},5,6,7\n")
    return path


def test_a_contradiction_between_databases_names_both(tmp_path: Path) -> None:
    with Database.open(tmp_path / "here.db") as here, Database.open(tmp_path / "there.db") as there:
        save(here, answer(T0, 5))
        save(there, answer(T0, 6))
        with pytest.raises(ContradictionError, match=r"there.db \(quota 6.* stored .*\(quota 5"):
            import_history(here, tmp_path / "there.db")


def test_another_database_is_never_changed(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    golden = sqlite3.connect(path)
    golden.executescript((GOLDEN / "0001.sql").read_text())
    golden.close()
    with Database.open(tmp_path / "usage.db") as database:
        with pytest.raises(UpgradeNeededError, match=r"old\.db"):
            import_history(database, path)
        (tmp_path / "text.db").write_bytes(b"SQLite format 3\0" + b"?" * 5000)
        with pytest.raises(TrackerError, match=r"text\.db"):
            import_history(database, tmp_path / "text.db")
        with pytest.raises(NoDatabaseError):
            import_history(database, f"sqlite:///{tmp_path}/nowhere.db")


def test_the_journal_mode_of_another_database_stays(tmp_path: Path) -> None:
    path = tmp_path / "there.db"
    with Database.open(f"sqlite:///{path}?journal_mode=delete") as there:
        fill(there)
    with Database.open(tmp_path / "here.db") as here:
        import_history(here, path)
    there_again = sqlite3.connect(path)
    assert there_again.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    there_again.close()


def _future(form: str, moment: int, folder: Path) -> Path:
    """A history with a row of `moment`, written as `form`."""
    path = folder / f"history.{form}"
    if form == "csv":
        path.write_text(f"{HEAD}{T0},5,6,7\n{moment},6,5,7\n")
    elif form == "jsonl":
        response = '{"success": true, "data": {"quota": 5, "used_quota": 6}}'
        lines = (f'{{"captured_at": {ms}, "response": {response}}}\n' for ms in (T0, moment))
        path.write_text("".join(lines))
    else:
        with Database.open(path) as other:
            save(other, answer(moment, 5, 6))
    return path


@pytest.mark.parametrize(("form", "where"), [("csv", "csv line 3"), ("jsonl", "jsonl line 2")])
def test_a_row_of_the_future_is_refused(tmp_path: Path, form: str, where: str) -> None:
    moment = now_ms() + 2 * HOUR
    source = _future(form, moment, tmp_path)
    with Database.open(tmp_path / "usage.db") as database:
        with pytest.raises(FutureRowError) as caught:
            import_history(database, source)
        assert contents(database, "snapshot")["snapshot"] == []
    assert f"history.{where}: {iso(moment)} is in the future" in str(caught.value)


@pytest.mark.parametrize("form", ["csv", "jsonl", "db"])
def test_a_clock_that_is_a_little_ahead_does_no_harm(tmp_path: Path, form: str) -> None:
    source = _future(form, now_ms() + HOUR // 2, tmp_path)
    with Database.open(tmp_path / "usage.db") as database:
        assert import_history(database, source).added


def test_a_failure_of_the_future_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "history.jsonl"
    source.write_text(f'{{"attempted_at": {now_ms() + 2 * HOUR}, "kind": "timeout"}}\n')
    with Database.open(tmp_path / "usage.db") as database, pytest.raises(FutureRowError):
        import_history(database, source)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", "7\n", "line 1: it is not a JSON object"),
        ("a.jsonl", "captured_at: 7\n", "line 1: it is not JSON"),
        ("a.txt", "[{}]\n", "line 1: it is not a JSON object"),
        (
            "a.jsonl",
            '{"schema": "usage-tracker.export/99"}\n',
            "line 1: it was exported by a newer",
        ),
        ("a.csv", "account,captured_at,quota\n", f"line 1: {NOT_AN_EXPORT}"),
        ("a.csv", "captured_at;quota;used\n7;1;2\n", "line 2: captured_at '7' is neither"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_its_own_message(
    tmp_path: Path, name: str, content: str, expected: str
) -> None:
    source = tmp_path / name
    source.write_text(content)
    with Database.open(tmp_path / "usage.db") as database, pytest.raises(TrackerError) as caught:
        import_history(database, source)
    assert str(caught.value).startswith(f"{source} {expected}")
