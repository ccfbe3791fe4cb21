"""When an answer came, and whether the machine's clock can be believed.

| | stored under |
|---|---|
| the clock and the answer's `Date` are at most five minutes apart | the clock's time |
| there is no `Date` that can be right | the clock's time |
| they are further apart | `Date`: a machine without a clock chip must not spoil the history |
| the machine was stopped or asleep during the call | `Date`; without one, nothing |

An answer from a cache is as old as its `Age`: it is stored under its `Date`, too, but does
not show that the clock is wrong.
"""

from dataclasses import dataclass
from typing import Final

from usage_tracker.formatting import duration
from usage_tracker.times import DAY, MINUTE, SECOND

TOLERANCE: Final = 5 * MINUTE
"""How far the clock and `Date` may be apart."""

SET_CLOCK: Final = "set the clock, as with `sudo timedatectl set-ntp true`"

# A gateway that shows less has no clock: the first One API gateway appeared in April 2023.
_EARLIEST: Final = 1_672_531_200_000  # 2023-01-01
_FARTHEST: Final = 3650 * DAY
_NO_CACHE: Final = "it is stored under its own time; exclude /api/user/self from caching"
_SLEPT: Final = (
    "this machine was stopped or asleep during the call: the answer is stored under the "
    "gateway's time, {} ago"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When an answer came: `at` in UTC ms, None if unknown.

    `clock_ahead` is how far the machine's clock is ahead of the gateway's (ms), 0 if it is
    right. `note` says what is unusual about the moment.
    """

    at: int | None
    clock_ahead: int = 0
    note: str | None = None


def find_arrival(
    host: str, received_at: int, date: int | None, age: int = 0, since: int | None = None
) -> Arrival:
    """Return when an answer of `host` came.

    Args:
        host: The gateway.
        received_at: When it was read, by the machine's clock.
        date: Its `Date`, if it has one.
        age: Its `Age`: how long it was in a cache (ms).
        since: The beginning of the call, by the machine's clock, if the machine was stopped or
            asleep during it; then the answer came at any moment since.
    """
    start = received_at if since is None else since
    if date is None or not is_believable(date, received_at):
        return Arrival(received_at if since is None else None)
    ahead = clock_ahead((start, received_at), date + age)
    if abs(ahead) > TOLERANCE:
        return Arrival(date, ahead, _wrong_clock(host, ahead))
    if age > TOLERANCE:
        old = duration(age / SECOND)
        return Arrival(date, 0, f"the answer is {old} old, from a cache: {_NO_CACHE}")
    at = min(max(date, start), received_at)
    late = received_at - at
    return Arrival(at, 0, _SLEPT.format(duration(late / SECOND)) if late > MINUTE else None)


def is_believable(date: int, received_at: int) -> bool:
    """Return whether `date` can be the gateway's time when the machine's is `received_at`.

    A machine may have lost its clock; a gateway that is years ahead of one that has not is wrong.
    """
    return date >= _EARLIEST and (date <= received_at + _FARTHEST or received_at < _EARLIEST)


def clock_ahead(known: tuple[int, int], gateway_time: int) -> int:
    """Return how far the machine's clock is ahead of the gateway's (ms), at least.

    `known` are the first and the last moment, by the machine's clock, at which the gateway's
    clock may have shown `gateway_time`.
    """
    first, last = known
    return max(first - gateway_time, 0) + min(last - gateway_time, 0)


def _wrong_clock(host: str, ahead: int) -> str:
    direction = "ahead of" if ahead > 0 else "behind"
    return (
        f"this machine's clock is {duration(abs(ahead) / SECOND)} {direction} {host}, whose time "
        f"is stored instead: {SET_CLOCK}; `tracker doctor` shows which clock is wrong"
    )
