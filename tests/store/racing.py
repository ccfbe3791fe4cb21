"""Concurrent processes on one database, started from a fork server."""

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
# Alembic too: the upgrade must race, not the import.
PROCESSES.set_forkserver_preload(["tests.store.racing", "usage_tracker.store.migration"])


def start(task: Callable[..., None], *arguments: Any) -> tuple[ForkServerProcess, Connection]:
    """Start a process that runs `task`; return it and the connection to receive from."""
    receiver, sender = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=task, args=(sender, *arguments))
    process.start()
    sender.close()
    return process, receiver


def receive_all(receiver: Connection) -> list[Any]:
    """Return everything received until the process ends."""
    received = []
    try:
        while True:
            received.append(receiver.recv())
    except EOFError:
        return received


def save_once(sender: Connection, where: str, ready: Barrier) -> None:
    ready.wait()
    try:
        with Database.open(where, deadline=60) as database:
            save(database, answer())
        sender.send("stored")
    except TrackerError as error:
        sender.send(str(error))
