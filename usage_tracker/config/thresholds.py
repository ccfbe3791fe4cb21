"""`[check]` and `[notify]`: when to speak up, and to whom.

`[check]` holds for every account; an `[[account]]` may have a table `check` of
its own, whose keys come before those. Amounts are dollars.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from usage_tracker.config.account_tables import table_of
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


AMOUNT = Value("a number, 0 or more", _is_amount, open=True)
DURATION = Value('a duration above 0, as in "90m" or "6h"', _is_duration, open=True)

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
        "urls": Value('a list of Apprise URLs, as in ["ntfy://my-topic"]', _is_urls, each=_is_url),
        "command": WORDS,
        "ping_url": Value('a URL, as in "https://hc-ping.com/…"', _is_web_url),
    }
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When an account is worth a warning.

    Days are counted to the early end of the forecast's interval; balances, the
    budget of a calendar month and the spike's floor are dollars; `max_age` is
    milliseconds. `spike_factor` is how many of the usual deviations above the
    median a day may be. None leaves a rule to its default: `warning_balance` to
    the gateway's own threshold, `max_age` to the account's usual interval; no
    budget is watched.
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
        """The thresholds of `account` in a checked configuration."""
        own = table_of(document, account).get("check", {})
        keys = {**document.get("check", {}), **own}
        if "max_age" in keys:
            keys["max_age"] = parse_duration(keys["max_age"])
        return cls(**keys)


@dataclass(frozen=True, slots=True)
class Channels:
    """Whom to tell: Apprise URLs, a command, and a URL that expects a ping after every run.

    URLs and a command's words may hold secrets and are not shown.
    """

    urls: tuple[str, ...] = field(default=(), repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)
    ping_url: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The channels of a checked configuration."""
        table = document.get("notify", {})
        return cls(
            urls=tuple(table.get("urls", ())),
            command=tuple(table.get("command", ())),
            ping_url=table.get("ping_url"),
        )

    def __bool__(self) -> bool:
        """Whether a notice would reach anybody; a ping is not a notice."""
        return bool(self.urls or self.command)
