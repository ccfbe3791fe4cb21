"""The tables `[check]` and `[notify]`: thresholds of warnings, and channels for them.

`[check]` holds for every account; an `[[account]]` may override its keys in a table
`check` of its own. Amounts are dollars.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from usage_tracker.config.accounts import account_table
from usage_tracker.config.schema import WORDS, Table, Value
from usage_tracker.times import UnreadableDurationError, parse_duration

_LARGEST = 1e12


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def _is_duration(value: object) -> bool:
    try:
        return isinstance(value, str) and parse_duration(value) > 0
    except UnreadableDurationError:
        return False


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and "://" in value


def _is_web_url(value: object) -> bool:
    return _is_url(value) and str(value).lower().startswith(("http://", "https://"))


def _is_urls(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_url, value))


AMOUNT = Value("a number, 0 or more", _is_amount, public=True)
DURATION = Value('a duration above 0, as in "90m" or "6h"', _is_duration, public=True)

THRESHOLDS = {
    "warning_days": AMOUNT,
    "critical_days": AMOUNT,
    "warning_balance": AMOUNT,
    "critical_balance": AMOUNT,
    "monthly_budget": AMOUNT,
    "spike_factor": AMOUNT,
    "spike_floor": AMOUNT,
    "max_age": DURATION,
}
CHECK = Table(THRESHOLDS)
NOTIFY = Table(
    {
        "urls": Value(
            'a list of Apprise URLs, as in ["ntfy://my-topic"]', _is_urls, item_is_valid=_is_url
        ),
        "command": WORDS,
        "ping_url": Value('a URL, as in "https://hc-ping.com/…"', _is_web_url),
    }
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of one account.

    Days are counted to the early end of the forecast's interval; balances, the
    budget of a calendar month and the spike's floor are dollars; `max_age` is
    milliseconds. `spike_factor` is the number of usual deviations above the median from
    which a day is a spike. None means a default: `warning_balance` is then the gateway's
    own threshold, `max_age` follows from the account's usual interval, and there is no
    budget.
    """

    warning_days: float = 7.0
    critical_days: float = 2.0
    warning_balance: float | None = None
    critical_balance: float | None = None
    monthly_budget: float | None = None
    spike_factor: float = 6.0
    spike_floor: float = 5.0
    max_age: int | None = None

    @classmethod
    def read(cls, document: Mapping[str, Any], account: str) -> Self:
        """Return the thresholds of `account` in a validated configuration."""
        own = account_table(document, account).get("check", {})
        keys = {**document.get("check", {}), **own}
        if "max_age" in keys:
            keys["max_age"] = parse_duration(keys["max_age"])
        return cls(**keys)


@dataclass(frozen=True, slots=True)
class Channels:
    """Notification channels: Apprise URLs, a command, and a URL to ping after every run.

    URLs and a command's words may contain secrets, so `repr` omits them.
    """

    urls: tuple[str, ...] = field(default=(), repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)
    ping_url: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Return the channels of a validated configuration."""
        table = document.get("notify", {})
        return cls(
            urls=tuple(table.get("urls", ())),
            command=tuple(table.get("command", ())),
            ping_url=table.get("ping_url"),
        )

    def __bool__(self) -> bool:
        """Whether there is a channel for notices; a ping is not a notice."""
        return bool(self.urls or self.command)
