import socket
import threading
import time

import pytest

from usage_tracker.capture.connect import TooLateError, within


def test_what_comes_in_time_is_given() -> None:
    with socket.socket() as sock:
        assert within(time.monotonic() + 5, lambda: sock) is sock


def test_what_goes_wrong_is_raised_where_it_is_waited_for() -> None:
    def fail() -> socket.socket:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        within(time.monotonic() + 5, fail)


def test_a_connection_that_comes_too_late_is_closed() -> None:
    may_come, sock = threading.Event(), socket.socket()

    def connect() -> socket.socket:
        may_come.wait(5)
        return sock

    with pytest.raises(TooLateError):
        within(time.monotonic() + 0.01, connect)
    may_come.set()
    for thread in threading.enumerate():
        if thread.name == "connect":
            thread.join(5)
    assert sock.fileno() == -1
