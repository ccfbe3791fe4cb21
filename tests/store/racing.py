"""Processes at one database at once, and processes that die: started from one that is warm."""

import multiprocessing as mp
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from tests.store.samples import T0, answer, save
from usage_tracker.errors import TrackerError
from usage_tracker.store.backup import back_up
from usage_tracker.store.database import Database
from usage_tracker.store.imports.importing import import_history
from usage_tracker.store.location import resolve

PROCESSES = mp.get_context("forkserver")
# Alembic too: what a kill is to meet is the upgrade, not an import.
PROCESSES.set_forkserver_preload(["tests.store.racing", "usage_tracker.store.migration"])


def start(task: Callable[..., None], *arguments: Any) -> tuple[ForkServerProcess, Connection]:
    """A process that runs `task` with what it may send its news by, and the end to hear them."""
    ear, mouth = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=task, args=(mouth, *arguments))
    process.start()
    mouth.close()
    return process, ear


def told(ear: Connection) -> list[Any]:
    """All the news, until the process that sends them is gone."""
    news = []
    try:
        while True:
            news.append(ear.recv())
    except EOFError:
        return news


def save_once(mouth: Connection, where: str, ready: Barrier) -> None:
    ready.wait()
    try:
        with Database.open(where, deadline=60) as database:
            save(database, answer())
        mouth.send("stored")
    except TrackerError as error:
        mouth.send(str(error))


def save_for_ever(mouth: Connection, where: str, first: int) -> None:
    with Database.open(where) as database:
        mouth.send("open")
        moment = first
        while True:
            save(database, answer(moment, display_name=str(moment)))
            mouth.send(moment)
            moment += 1


def open_once(mouth: Connection, where: str) -> None:
    mouth.send("opening")
    with Database.open(where):
        mouth.send("open")


def import_once(mouth: Connection, where: str, source: str) -> None:
    mouth.send("importing")
    with Database.open(where) as database:
        import_history(database, source)
    mouth.send("imported")


def save_on_a_full_disk(mouth: Connection, where: str, room: int) -> None:
    """What a limit on the size of files does is what a full disk does, to one process alone."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Database.open(where) as database:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        try:
            for moment in range(10_000):
                save(database, answer(T0 + moment, display_name="x" * 1000 + str(moment)))
                mouth.send(T0 + moment)
        except TrackerError as error:
            mouth.send(f"{type(error).__name__}: {error}")


def back_up_to_a_full_disk(mouth: Connection, where: str, target: str) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    room = 40_000  # enough for the index of the log, not for a copy
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        back_up(resolve(where), Path(target))
    except TrackerError as error:
        mouth.send(f"{type(error).__name__}: {error}")


def integrity(path: Path) -> list[Any]:
    """What SQLite says of the file."""
    with Database.open(path) as database, database.read() as connection:
        return list(connection.exec_driver_sql("PRAGMA integrity_check").scalars())
