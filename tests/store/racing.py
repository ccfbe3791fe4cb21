"""Processes at one database at once, started from one that is warm."""

import multiprocessing as mp
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier
from typing import Any

from tests.store.samples import answer, save
from usage_tracker.errors import TrackerError
from usage_tracker.store.database import Database

PROCESSES = mp.get_context("forkserver")
# Alembic too: what is to race is the upgrade, not its import.
PROCESSES.set_forkserver_preload(["tests.store.racing", "usage_tracker.store.migration"])


def start(task: Callable[..., None], *arguments: Any) -> tuple[ForkServerProcess, Connection]:
    """A process that runs `task` with what it may send its news by, and the end to hear them."""
    ear, mouth = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=task, args=(mouth, *arguments))
    process.start()
    mouth.close()
    return process, ear


def lines_of(ear: Connection) -> list[Any]:
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
