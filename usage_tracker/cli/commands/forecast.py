"""`tracker forecast`: the depletion, and what-if questions."""

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options, report_options
from usage_tracker.cli.output import echo, echo_json, wrapped
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError, NoHistoryError
from usage_tracker.formatting import visible

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from usage_tracker.forecast.depletion import Depletion
    from usage_tracker.ledger.sampling import AccountSample
    from usage_tracker.render.dates import Calendar
    from usage_tracker.reporting.query import ReportQuery

CONFIDENCE = 0.9


class ConfidenceAloneError(MisuseError):
    """--confidence was given without --until."""

    def __init__(self) -> None:
        super().__init__("--confidence goes with --until: tracker forecast --until 20261231")


class PastUntilError(MisuseError):
    """--until is not in the future."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"--until {text[:60]!r} is not in the future: use 30d, or a date such as 20261231"
        )


class FutureAsOfError(MisuseError):
    """--as-of is in the future."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"--as-of {text[:60]!r} is in the future: a forecast is made from snapshots up to "
            "then; --until takes a date ahead"
        )


@dataclass(frozen=True, slots=True)
class Need:
    """The balance needed to last until `until` (UTC ms); None if unknown, with the reason."""

    until: int
    confidence: float
    quota: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The forecast for one account with a balance of `quota` units."""

    account: str
    quota_per_unit: float
    quota: int
    depletion: "Depletion"
    need: Need | None


@click.command()
@options.accounts
@click.option("--balance", type=options.DOLLARS, metavar="USD", help="Assume this balance.")
@click.option("--top-up", type=options.DOLLARS, metavar="USD", help="Assume this top-up.")
@click.option(
    "--level", type=float, default=0.8, show_default=True, help="Probability of the interval."
)
@report_options.as_of
@click.option(
    "--until",
    metavar="DATE",
    help="Show what to add to last until then: 30d, or a date and its end, 20261231.",
)
@click.option("--confidence", type=float, help=f"Confidence of --until.  [default: {CONFIDENCE}]")
@options.zone
@options.shared
@pass_session
def command(
    session: Session,
    names: tuple[str, ...],
    balance: float | None,
    top_up: float | None,
    level: float,
    as_of: str | None,
    until: str | None,
    confidence: float | None,
    zone: str | None,
) -> None:
    """Forecast when the credit runs out, and answer what-if questions.

    docs/forecast.md describes the method and its measured accuracy. The exit code is 3
    if there is too little history for an answer.

    \b
    Examples:  tracker forecast --top-up 20 --level 0.95
               tracker forecast --until 2026-12-31 --confidence 0.9
    """  # noqa: D301 (click reads the backspace)
    if confidence is not None and until is None:
        raise ConfidenceAloneError
    about, timezone = report_options.query(session, report_options.Span(as_of=as_of, zone=zone))
    if as_of is not None:
        _check_past(as_of, about)
    sure = CONFIDENCE if confidence is None else confidence
    wish = None if until is None else (_ahead(until, about), sure)
    answers = [
        _answer(view, about.as_of, (balance, top_up), level, wish)
        for view in _views(session, names, about, as_of)
    ]
    if session.json:
        echo_json("forecast", _as_json(answers, about.as_of, timezone))
    else:
        calendar = _calendar(about)
        for answer in answers:
            for line in _lines(answer, about.zone, calendar, named=len(answers) > 1):
                echo(wrapped(line, sys.stdout))
    if all(answer.depletion.state == "insufficient_data" for answer in answers):
        click.get_current_context().exit(NoHistoryError.exit_code)


def _calendar(about: "ReportQuery") -> "Calendar":
    from usage_tracker.render.dates import Calendar
    from usage_tracker.times import from_ms

    return Calendar(about.zone, from_ms(about.as_of))


def _views(
    session: Session, names: tuple[str, ...], about: "ReportQuery", as_of: str | None
) -> "list[AccountSample]":
    from usage_tracker.reporting import stored

    with session.opened() as database:
        found = list(stored.views(database, names, about))
    if not any(len(view.ledger.readings) for view in found):
        raise report_options.NothingToReportError(about.as_of if as_of else None)
    return [view for view in found if len(view.ledger.readings)]


def _check_past(as_of: str, about: "ReportQuery") -> None:
    from usage_tracker.times import now_ms, parse_moment

    now = now_ms()
    if parse_moment(as_of, now, about.zone) > now:
        raise FutureAsOfError(as_of)


def _ahead(text: str, about: "ReportQuery") -> int:
    """Return the moment to last to, counted from the forecast's own; a date means its end."""
    from usage_tracker.times import end_of_date, parse_moment

    moment = end_of_date(text, about.zone)
    if moment is None:
        moment = parse_moment(text, about.as_of, about.zone, ahead=True)
    if moment <= about.as_of:
        raise PastUntilError(text)
    return moment


def _answer(
    view: "AccountSample",
    as_of: int,
    wanted: tuple[float | None, float | None],
    level: float,
    wish: tuple[int, float] | None,
) -> Answer:
    from usage_tracker.forecast import depletion as depletion_module
    from usage_tracker.money import units

    balance, top_up = wanted
    curve, unit = view.ledger.drawn, view.quota_per_unit
    quota = int(view.ledger.readings.quota[-1]) if balance is None else units(balance, unit)
    quota += units(top_up or 0.0, unit)
    return Answer(
        account=view.account,
        quota_per_unit=unit,
        quota=quota,
        depletion=depletion_module.forecast(curve, balance=quota, as_of=as_of, level=level),
        need=_need(view, as_of, *wish) if wish else None,
    )


def _need(view: "AccountSample", as_of: int, until: int, confidence: float) -> Need:
    from usage_tracker.forecast import depletion as depletion_module

    curve = view.ledger.drawn
    try:
        quota = depletion_module.needed(curve, until=until, confidence=confidence, as_of=as_of)
    except depletion_module.NothingToProjectError as error:
        return Need(until, confidence, None, str(error))
    return Need(until, confidence, quota, None)


def _lines(
    answer: Answer, zone: "dt.tzinfo", calendar: "Calendar", *, named: bool
) -> "Iterator[str]":
    from usage_tracker.formatting import WITHOUT_CREDIT, probability
    from usage_tracker.render import phrases

    start = f"{visible(answer.account)}: " if named else ""
    yield f"{start}{_verdict(answer, zone)}."
    depletion = answer.depletion
    if depletion.linear is not None and depletion.state != "depleted":
        yield f"  Straight line: {phrases.depletion_date(depletion.linear, calendar)}."
    chances = ", ".join(
        f"{probability(each.p)} {phrases.within(each)}" for each in phrases.chances(depletion)
    )
    if chances:
        yield f"  Chance that it runs out {WITHOUT_CREDIT}: {chances}."
    if answer.need is not None:
        yield f"  {_need_in_words(answer, answer.need, calendar)}"


def _verdict(answer: Answer, zone: "dt.tzinfo") -> str:
    from usage_tracker.forecast.describe import sentence
    from usage_tracker.formatting import dollars
    from usage_tracker.money import usd

    worth, depletion = usd(answer.quota, answer.quota_per_unit), answer.depletion
    if worth < 0:
        return f"Overdrawn by {dollars(-worth)}; {depletion.reason or 'nothing is left'}"
    text = sentence(depletion, zone)
    if depletion.state in {"depleted", "idle", "insufficient_data"}:
        text = text[:1].lower() + text[1:].replace(": ", ", ", 1)
    if depletion.state == "refilled":
        text = text[:1].lower() + text[1:]
    return f"With {dollars(worth)}: {text}"


def _need_in_words(answer: Answer, need: Need, calendar: "Calendar") -> str:
    from usage_tracker.formatting import dollars, probability
    from usage_tracker.money import usd
    from usage_tracker.times import from_ms

    if need.quota is None:
        return f"Amount to add: {need.reason}."
    day = calendar.minute(from_ms(need.until))
    missing = usd(max(need.quota - answer.quota, 0), answer.quota_per_unit)
    sure = probability(need.confidence)
    if not missing:
        return f"Nothing needs to be added to be {sure} sure that it lasts until {day}."
    enough = math.ceil(missing * 100) / 100  # round up to cents: one less would not be enough
    return f"To be {sure} sure that it lasts until {day}, add {dollars(enough, 2)}."


def _as_json(answers: list[Answer], as_of: int, timezone: str) -> dict[str, Any]:
    from usage_tracker.times import iso

    accounts = [_account_body(answer) for answer in answers]
    return {"as_of": iso(as_of), "timezone": timezone, "accounts": accounts}


def _account_body(answer: Answer) -> dict[str, Any]:
    from usage_tracker.money import usd
    from usage_tracker.render.json import encode
    from usage_tracker.times import iso

    unit, need = answer.quota_per_unit, answer.need
    body: dict[str, Any] = {
        "account": answer.account,
        "quota_per_unit": unit,
        "balance": {"quota": answer.quota, "usd": usd(answer.quota, unit)},
        "depletion": encode(answer.depletion),
        "needed": None,
    }
    if need is not None:
        add = None if need.quota is None else max(need.quota - answer.quota, 0)
        body["needed"] = {
            "until": iso(need.until),
            "confidence": need.confidence,
            "quota": need.quota,
            "add": add,
            "add_usd": None if add is None else usd(add, unit),
            "reason": need.reason,
        }
    return body
