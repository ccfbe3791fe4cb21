"""The signs that events are marked by."""

from rich.text import Text

from usage_tracker.formatting import event as name
from usage_tracker.formatting import signed
from usage_tracker.money import usd
from usage_tracker.render.terminal.charset import Ink
from usage_tracker.reporting.model import ReportedEvent

_CREDIT = "green"


def sign(event: ReportedEvent, ink: Ink) -> Text:
    """One character for an event, in the colour of money that came in."""
    unsure = event.kind == "top_up" and not event.confirmed
    character = ink.unconfirmed if unsure else ink.marks.get(event.kind, "!")
    return Text(character, _CREDIT if (event.quota or 0) > 0 else "")


def signs(events: list[ReportedEvent], ink: Ink) -> Text:
    """The signs of all of `events`, each once."""
    return Text().join({found.plain: found for found in (sign(e, ink) for e in events)}.values())


def meaning(event: ReportedEvent) -> str:
    """What the sign of an event means."""
    return name(event.kind) + ("" if event.confirmed else ", not confirmed")


def credit(units: int, quota_per_unit: int) -> Text:
    """A credit in dollars with its sign; nothing if there is none."""
    told = signed(usd(units, quota_per_unit)) if units else ""
    return Text(told, _CREDIT if units > 0 else "")
