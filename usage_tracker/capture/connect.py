"""Waiting for what cannot be told to hurry, such as the system's name look-up."""

import queue
import socket
import threading
import time
from collections.abc import Callable


class TooLateError(Exception):
    """The limit came first."""


def within(limit: float, connect: Callable[[], socket.socket]) -> socket.socket:
    """What `connect` gives before the moment `limit` of the monotonic clock.

    It runs in a daemon thread, which is abandoned when the limit has come: neither
    the caller nor the end of the process waits for it.

    Raises:
        TooLateError: The limit came first. What `connect` raises is raised here.
    """
    outcome: queue.SimpleQueue[socket.socket | Exception] = queue.SimpleQueue()
    abandoned = threading.Event()

    def run() -> None:
        try:
            sock = connect()
        except Exception as error:  # noqa: BLE001 (raised again where it is waited for)
            outcome.put(error)
        else:
            outcome.put(sock)
            if abandoned.is_set():
                sock.close()

    threading.Thread(target=run, name="connect", daemon=True).start()
    try:
        result = outcome.get(timeout=max(0.0, limit - time.monotonic()))
    except queue.Empty:
        abandoned.set()
        raise TooLateError from None
    if isinstance(result, Exception):
        raise result
    return result
