"""The answer of `GET /api/user/self`, understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class UserSelf:
    """One good answer.

    `captured_at` is in UTC milliseconds, the counters in gateway units.
    `rest` is the remainder of the response, safe to keep: without the counters,
    without secrets, and with `None` for the value of every field that is not documented.
    """

    captured_at: int
    quota: int
    used_quota: int
    request_count: int | None
    rest: Mapping[str, Any]
