"""Check of the machine's clock against the gateways' clocks and network time (NTP).

| | the clock that is wrong |
|---|---|
| a gateway agrees with this machine, or network time keeps its clock | the other gateways' |
| most gateways agree with each other | this machine's, and that of the other gateways |
| neither | unknown |
"""

import ctypes
from collections.abc import Collection, Generator, Iterable, Iterator

from usage_tracker.capture.arrival import SET_CLOCK, TOLERANCE, is_believable
from usage_tracker.capture.response import Response
from usage_tracker.doctor.diagnostic import Diagnostic, note, ok, problem
from usage_tracker.formatting import duration
from usage_tracker.times import SECOND, iso

LARGEST_SKEW = 30 * SECOND
_TIME_ERROR = 5  # of adjtimex(2): the clock is not synchronised
_TIMEX_SIZE = 512  # more than struct timex has anywhere


def check_clock(responses: Iterable[Response]) -> Generator[Diagnostic, None, int]:
    """Compare the machine's clock with those of the gateways that sent `responses`.

    Return how far it is ahead (ms), 0 if it is right or nobody knows.
    """
    ahead: dict[str, int] = {}
    for response in responses:
        date = response.server_time
        if date is not None and is_believable(date, response.received_at):
            ahead[response.host] = response.received_at - date - response.age
        elif date is not None:
            yield _without_clock(response.host, date)
    true = _true_ahead(ahead.values())
    if true is not None and abs(true) > LARGEST_SKEW:
        agreeing = ", ".join(host for host in ahead if _agree(ahead[host], true))
        text = f"{_amount(true, 'fast', 'slow')}, compared with {agreeing}"
        yield problem("clock", text, SET_CLOCK)
    for host, offset in ahead.items():
        yield from _check_host(host, offset, true)
    return true or 0


def is_synchronised() -> bool:
    """Return whether the kernel knows that network time keeps the machine's clock."""
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_SIZE))
    except (AttributeError, OSError, TypeError):  # not Linux
        return False
    return 0 <= state < _TIME_ERROR


def _true_ahead(ahead: Collection[int]) -> int | None:
    """Return how far the machine's clock is ahead of the true time (ms), None if unknown."""
    if any(_agree(one, 0) for one in ahead) or (ahead and is_synchronised()):
        return 0
    most = (one for one in ahead if 2 * sum(_agree(one, other) for other in ahead) > len(ahead))
    return next(most, None)


def _agree(one: int, other: int) -> bool:
    return abs(one - other) <= LARGEST_SKEW


def _check_host(host: str, ahead: int, true: int | None) -> Iterator[Diagnostic]:
    if true is None:
        text = f"{_amount(ahead, 'fast', 'slow')}, compared with {host}, and the gateways disagree"
        yield problem("clock", text, "compare it with another clock, as with `timedatectl`")
    elif not _agree(ahead, true):
        text = f"the clock of {host} is {_amount(ahead - true, 'slow', 'fast')}"
        if abs(ahead) <= TOLERANCE:
            yield note("clock", text)
        else:
            cure = "tell its operator: its snapshots are stored under its time"
            yield problem("clock", text, cure)
    elif abs(true) <= LARGEST_SKEW:
        yield ok("clock", f"agrees with {host}")


def _without_clock(host: str, date: int) -> Diagnostic:
    text = f"the clock of {host} shows {iso(date)[:10]}: snapshots have this machine's time"
    return note("clock", text, "tell its operator")


def _amount(ahead: int, fast: str, slow: str) -> str:
    return f"{duration(abs(ahead) / SECOND)} {fast if ahead > 0 else slow}"
