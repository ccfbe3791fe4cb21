"""What is written on the pictures: a balance's prospects in few words."""

import datetime as dt

from usage_tracker import words
from usage_tracker.analysis.depletion import Depletion
from usage_tracker.render.calendar import Calendar
from usage_tracker.reporting.model import AccountReport

_ONWARDS = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
_STATES = {
    "depleted": "used up",
    "idle": "nothing is being spent",
    "insufficient_data": "too early to tell",
    "beyond_horizon": "lasts over a year",
}


def prospect(depletion: Depletion, calendar: Calendar) -> str:
    """`runs out about Sat 7 Dec`, or why there is no such day."""
    day = end(depletion, calendar)
    if day is not None:
        return f"runs out about {day}"
    if depletion.median is not None:
        return "may have run out already"
    return _STATES.get(depletion.state, "cannot be told")


def end(depletion: Depletion, calendar: Calendar) -> str | None:
    """The day by which the balance is as likely used up as not, if that is to come."""
    if depletion.median is None or depletion.median <= calendar.now:
        return None
    return calendar.day(depletion.median)


def beyond(at: float, calendar: Calendar) -> str:
    """`27 Jan 2027` behind an arrow: a moment (UTC seconds) past the edge of the picture."""
    return f"{_ONWARDS} {calendar.date(dt.datetime.fromtimestamp(at, dt.UTC))}"


def interval(depletion: Depletion, calendar: Calendar) -> str:
    """`80 %: Tue 3 Dec to Sat 14 Dec`, the side that is known, or nothing."""
    if depletion.low is None:
        return ""
    early = calendar.day(depletion.low)
    if depletion.high is None:
        return f"{words.percent((1 - depletion.level) / 2)} chance before {early}"
    late = calendar.day(depletion.high)
    span = early if early == late else f"{early} to {late}"
    return f"{words.percent(depletion.level)}: {span}"


def tellings(account: AccountReport, calendar: Calendar) -> list[str]:
    """What is left and how long it lasts, from the fullest telling to the shortest."""
    depletion = account.depletion
    if account.balance is None:
        return ["no snapshot yet"]
    if account.balance.usd < 0:
        return [f"overdrawn by {words.dollars(-account.balance.usd)}"]
    balance = words.dollars(account.balance.usd)
    when = prospect(depletion, calendar)
    told = [f"{balance} left", _joined(f"{balance} left", when)]
    if depletion.median is not None and end(depletion, calendar):
        told.insert(1, _joined(balance, calendar.date(depletion.median)))
    told.append(_joined(told[-1], interval(depletion, calendar)))
    return told[::-1]


def _joined(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)
