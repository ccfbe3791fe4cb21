import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.store.samples import GOLDEN, T0, account, answer, save
from usage_tracker.store.database import Database
from usage_tracker.store.errors import UpgradeNeededError
from usage_tracker.store.integrity import check, check_file
from usage_tracker.store.location import resolve
from usage_tracker.store.schema import Source


def messages(database: Database) -> list[tuple[str, str]]:
    return [(finding.subject, finding.message) for finding in check(database, T0 + 1000)]


def test_a_sound_database_gives_no_findings(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0, id=1, group="a"), answer(T0 + 1, id=1, group="b"))
        save(database, answer(T0, id=2), to=account("other"))
        assert messages(database) == []


def test_snapshots_of_the_future_and_of_unknown_source_are_reported(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0 + 2000))
        with database.write() as connection:
            connection.execute(text("UPDATE snapshot SET source = 77"))
        assert messages(database) == [
            ("default", "1 snapshots are in the future, up to 2025-11-30T10:53:22.000Z"),
            ("default", "1 snapshots have an unknown source"),
        ]
        assert 77 not in list(Source)


def test_counters_that_add_up_to_65_bits_are_reported(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0, quota=-(2**63)), answer(T0 + 1), answer(T0 + 2, quota=2**63 - 1))
        with database.write() as connection:
            connection.execute(
                text("UPDATE snapshot SET used_quota = -1 WHERE quota < 0"),
            )
            connection.execute(text("UPDATE snapshot SET used_quota = 1 WHERE quota > 5000"))
        [(subject, message)] = messages(database)
        assert (subject, message.partition(", ")[0]) == (
            "default",
            "quota + used_quota is beyond 64 bits in 2 snapshots",
        )
        assert message.endswith("first at 2025-11-30T10:53:20.000Z")


def test_profiles_that_were_tampered_with_are_reported(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0, id=1))
        with database.write() as connection:
            connection.execute(text("UPDATE profile SET body = '{'"))
        assert messages(database) == [("default", "profile 1 does not match its checksum")]


def test_two_users_under_one_name_are_reported(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0, id=1))
        save(database, answer(T0, id=2), to=account("other"))
        with database.write() as connection:
            connection.execute(text("DELETE FROM snapshot WHERE account_id = 2"))
            connection.execute(text("UPDATE profile SET account_id = 1"))
        assert messages(database) == [("default", "profile 2 belongs to another user, id 2")]


def test_references_to_nothing_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        save(database, answer(T0))
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM profile")
    connection.commit()
    connection.close()
    with Database.open(path) as database:
        found = messages(database)
    row = f"account_id 1, captured_at {T0}, profile_id 1"
    assert found == [("database", f"snapshot ({row}) refers to no row of profile")]


def test_of_many_references_to_nothing_the_first_are_named(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        save(database, *(answer(T0 + each) for each in range(8)))
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM account")
    connection.commit()
    connection.close()
    lines = [finding.message for finding in check_file(resolve(path))]
    assert len([line for line in lines if line.startswith("snapshot (account_id 1, ")]) == 5
    assert "snapshot: 3 more rows refer to no account" in lines
    assert "profile (profile_id 1, account_id 1) refers to no row of account" in lines


def test_an_old_schema_is_checked_without_an_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    connection = sqlite3.connect(path)
    connection.executescript((GOLDEN / "0001.sql").read_text())
    connection.execute("UPDATE snapshot SET profile_id = 99 WHERE profile_id = 2")
    connection.commit()
    connection.close()
    (finding,) = check_file(resolve(path))
    assert "profile_id 99) refers to no row of profile" in finding.message
    with pytest.raises(UpgradeNeededError, match="0001"):
        Database.open(path, upgrade=False)


def test_a_damaged_page_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        save(database, *(answer(T0 + i, display_name="x" * 300 + str(i)) for i in range(80)))
        page = database.engine.connect()
        root = page.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_failure_account_id_attempted_at'"
        ).scalar_one()
        page.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\x0a\x00\x00\x00\x05\xff\xff\x00" + bytes(range(80)))
    with Database.open(path) as database:
        assert {subject for subject, _ in messages(database)} == {"database"}
