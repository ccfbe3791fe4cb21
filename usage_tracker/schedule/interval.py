"""How often: the intervals that fall on the same marks every hour, every day or every week.

cron knows no other ones (`*/7` would mean 56, 0, 7: once after four minutes), and
a timer that is to catch up on what it missed needs a calendar as well.
"""

from dataclasses import dataclass

from usage_tracker.errors import MisuseError
from usage_tracker.times import DAY, HOUR, MINUTE, duration_ms

WEEK = 7 * DAY
_UNITS = ((WEEK, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m"))
_MINUTES = tuple(n * MINUTE for n in range(1, 60) if 60 % n == 0)
_HOURS = tuple(n * HOUR for n in range(1, 24) if 24 % n == 0)
POSSIBLE = (*_MINUTES, *_HOURS, DAY, WEEK)


class UnevenIntervalError(MisuseError):
    """An interval that does not divide the hour, the day or the week."""

    def __init__(self, text: str, nearest: str) -> None:
        super().__init__(f"cannot run every {text[:20]}: the nearest possible is {nearest}")


@dataclass(frozen=True, slots=True)
class Interval:
    """One of `POSSIBLE`, in milliseconds."""

    ms: int

    @classmethod
    def parse(cls, text: str) -> "Interval":
        """Read `10m`, `1h`, `1d`; `60m` is `1h`. Raises UnevenIntervalError."""
        ms = duration_ms(text)
        if ms not in POSSIBLE:
            raise UnevenIntervalError(text, " or ".join(map(str, _nearest(ms))))
        return cls(ms)

    def __str__(self) -> str:
        unit, letter = next((u, x) for u, x in _UNITS if self.ms % u == 0)
        return f"{self.ms // unit}{letter}"

    def cron(self, minute: int) -> str:
        """The five fields of a crontab line, shifted to `minute` (0-59) of the hour."""
        if self.ms < HOUR:
            return f"{_steps(self.ms // MINUTE, minute)} * * * *"
        if self.ms < DAY:
            hours = self.ms // HOUR
            return f"{minute} {'*' if hours == 1 else f'*/{hours}'} * * *"
        return f"{minute} 0 * * {'*' if self.ms == DAY else '1'}"

    def calendar(self) -> str:
        """The `OnCalendar=` of a systemd timer."""
        if self.ms < HOUR:
            return f"*-*-* *:00/{self.ms // MINUTE}:00"
        if self.ms < DAY:
            return f"*-*-* 00/{self.ms // HOUR}:00:00"
        return "*-*-* 00:00:00" if self.ms == DAY else "Mon *-*-* 00:00:00"


def _steps(minutes: int, minute: int) -> str:
    if minutes == 1:
        return "*"
    first = minute % minutes
    return f"{first}-59/{minutes}" if first else f"*/{minutes}"


def _nearest(ms: int) -> tuple[Interval, ...]:
    below = [possible for possible in POSSIBLE if possible < ms][-1:]
    above = [possible for possible in POSSIBLE if possible > ms][:1]
    return tuple(Interval(possible) for possible in (*below, *above))
