import secrets
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from tests.store.samples import T0, answer, save
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.store import accounts, engine, snapshots
from usage_tracker.store.database import Database
from usage_tracker.store.errors import BusyError, EncodingError, NoDatabaseError


def pragma(database: Database, name: str) -> object:
    with database.read() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_a_commit_is_on_disk_and_references_are_checked(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as database:
        assert pragma(database, "journal_mode") == "wal"
        assert pragma(database, "synchronous") == 2
        assert pragma(database, "foreign_keys") == 1


def test_one_who_would_not_wait_leaves_the_next_one_s_patience_alone(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db", deadline=7) as database:
        with database.write(deadline=0):
            pass
        assert pragma(database, "busy_timeout") == 7_000


def test_locks_are_heeded_by_those_who_may_not_write_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "usage.db"
    Database.open(f"sqlite:///{path}?journal_mode=delete").close()
    monkeypatch.setattr(engine, "is_read_only", lambda _: True)
    assert not engine.file_uri(path).endswith("immutable=1")


def test_a_log_s_index_is_not_wanted_where_it_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "usage.db"
    Database.open(path).close()
    monkeypatch.setattr(engine, "is_read_only", lambda _: True)
    assert engine.file_uri(path).endswith("immutable=1")
    with Database.open(path) as database, database.read() as connection:
        assert snapshots.latest(connection) == {}


def save_more(path: Path) -> None:
    with Database.open(path) as database:
        save(database, *(answer(T0 + each, display_name="x" * 500) for each in range(1, 200)))


def shrink(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM snapshot")
        connection.commit()
        connection.execute("VACUUM")


def replace_file(path: Path) -> None:
    save_more(path.with_name("new.db"))
    path.with_name("new.db").replace(path)


def read_while(reader: Database, change: Callable[[Path], None]) -> None:
    with reader.read() as connection:
        assert len(snapshots.latest(connection)) == 1
        change(reader.location.path)


@pytest.mark.parametrize("change", [save_more, shrink, replace_file])
def test_a_reader_that_may_not_write_is_busy_if_the_owner_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "usage.db"
    with Database.open(path) as database:
        save(database, answer(T0))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "is_read_only", lambda _: True)
        reader = Database.open(path, create=False)
    with reader, pytest.raises(BusyError, match="another process is writing"):
        read_while(reader, change)


def test_write_ahead_logging_can_be_switched_off_and_on_again(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    for mode in ("wal", "delete", "truncate", "wal"):
        with Database.open(f"sqlite:///{path}?journal_mode={mode}") as database:
            assert pragma(database, "journal_mode") == mode


def test_a_journal_mode_that_was_chosen_stays(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    Database.open(f"sqlite:///{path}?journal_mode=delete").close()
    for create, upgrade in ((True, True), (False, True), (False, False)):
        with Database.open(path, create=create, upgrade=upgrade) as database:
            assert pragma(database, "journal_mode") == "delete"


def test_a_database_that_is_only_looked_at_keeps_its_journal_mode(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    Database.open(path).close()
    where = f"sqlite:///{path}?journal_mode=delete"
    with Database.open(where, create=False, upgrade=False) as database:
        assert pragma(database, "journal_mode") == "wal"


def test_a_file_in_which_nothing_is_yet_stays_empty_for_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    path.touch()
    with pytest.raises(NoDatabaseError):
        Database.open(path, create=False)
    assert path.read_bytes() == b""


def test_the_file_and_its_logs_are_for_their_owner_alone(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as database:
        save(database, answer())
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.glob("usage.db*")}
    assert modes == {"usage.db": 0o600, "usage.db-wal": 0o600, "usage.db-shm": 0o600}


def test_a_writer_waits_for_another_until_its_own_deadline(database_url: str) -> None:
    with Database.open(database_url) as database, database.write() as connection:
        take_lock(connection)
        began = time.monotonic()
        with (
            pytest.raises(BusyError, match="another process is writing"),
            database.write(deadline=0.2) as other,
        ):
            take_lock(other)
        assert 0.15 < time.monotonic() - began < 5


def test_a_writer_that_is_let_in_in_time_writes(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as database:
        inside, leave = threading.Event(), threading.Event()

        def hold() -> None:
            with database.write():
                inside.set()
                leave.wait(5)

        holder = threading.Thread(target=hold)
        holder.start()
        inside.wait(5)
        threading.Timer(0.1, leave.set).start()
        save(database, answer())
        holder.join()


def test_the_switch_to_write_ahead_logging_waits_for_others(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    logged = f"sqlite:///{path}?journal_mode=wal"
    Database.open(f"sqlite:///{path}?journal_mode=delete").close()
    reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM account").fetchall()
    with pytest.raises(BusyError):
        Database.open(logged, deadline=0.05)
    release = threading.Timer(0.1, reader.execute, ["COMMIT"])
    release.start()
    with Database.open(logged, deadline=10) as database:
        assert pragma(database, "journal_mode") == "wal"
    release.join()
    reader.close()


def test_a_reader_sees_one_moment_while_others_write(database_url: str) -> None:
    with Database.open(database_url) as database:
        account = save(database, answer()).account_id
        with database.read() as connection:
            assert snapshots.count(connection, account) == 1
            save(database, answer(T0 + 1))
            assert snapshots.count(connection, account) == 1
        with database.read() as connection:
            assert snapshots.count(connection, account) == 2


def test_a_writer_may_read_first(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as one, Database.open(tmp_path / "usage.db") as two:
        account = save(one, answer()).account_id
        with one.write() as connection:
            assert snapshots.count(connection, account) == 1
            with two.read() as other:
                assert snapshots.count(other, account) == 1
            connection.execute(text("UPDATE account SET quota_per_unit = 7"))


def test_an_error_inside_takes_everything_back(database_url: str) -> None:
    with Database.open(database_url) as database:
        account = save(database, answer()).account_id
        with pytest.raises(ZeroDivisionError), database.write() as connection:
            fail_after(connection.execute(text("DELETE FROM snapshot")))
        with database.read() as connection:
            assert snapshots.count(connection, account) == 1


def fail_after(_: object) -> NoReturn:
    raise ZeroDivisionError


def take_lock(connection: Connection) -> None:
    """What two writers cannot have at once; SQLite gave it to them when they began."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE account"))


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_CN"])
def test_a_server_that_cannot_store_every_character_is_refused(
    postgres_url: str, encoding: str
) -> None:
    name = f"test_{secrets.token_hex(6)}"
    administrator = create_engine(make_url(postgres_url), isolation_level="AUTOCOMMIT")
    url = make_url(postgres_url).set(database=name, query={})
    with administrator.connect() as connection:
        options = f"TEMPLATE template0 LOCALE 'C' ENCODING '{encoding}'"
        connection.execute(text(f"CREATE DATABASE {name} {options}"))
        with pytest.raises(EncodingError, match=f"encoding {encoding}.*--encoding=UTF8"):
            Database.open(url.render_as_string(hide_password=False))
        connection.execute(text(f"DROP DATABASE {name}"))
    administrator.dispose()


@pytest.mark.parametrize("client", ["variable", "URL", "role"])
def test_text_travels_as_utf8_whatever_the_client_s_encoding_is(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    url = make_url(postgres_url)
    if client == "variable":
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    elif client == "URL":
        url = url.update_query_dict({"client_encoding": "latin1"})
    else:
        options = f"{url.query['options']} -c client_encoding=latin1"
        url = url.update_query_dict({"options": options})
    with Database.open(url.render_as_string(hide_password=False)) as database:
        with database.write() as connection:
            accounts.get_or_create(connection, Account("\u4f59\u989d", TokenFromEnv("X")))
        with database.read() as connection:
            assert accounts.get(connection, "\u4f59\u989d").account_id
