"""A forecast in a notebook, and its trial. Moments are told in the zone they come in."""

import datetime as dt
from collections.abc import Iterator

from usage_tracker import formatting
from usage_tracker.forecast.backtest import Backtest
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.forecast.describe import sentence
from usage_tracker.render import phrases
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.markup import Markup
from usage_tracker.render.notebook.fragment import box, footnote, headline, table
from usage_tracker.times import zone_name


def of_depletion(depletion: Depletion) -> str:
    """When the balance runs out, or why that cannot be told."""
    asked = depletion.as_of
    zone = dt.UTC if asked is None else asked.tzinfo or dt.UTC
    told = headline(f"{sentence(depletion, zone)}.")
    return box(told) if asked is None else box(told, *_figures(depletion, Calendar(zone, asked)))


def _figures(depletion: Depletion, calendar: Calendar) -> Iterator[Markup]:
    columns = [*_ends(depletion, calendar), *_chances(depletion)]
    if columns:
        heading, row = zip(*columns, strict=True)
        yield table(heading, [row])
    asked = calendar.minute(calendar.now, year=True)
    method = f", {depletion.method}" if depletion.method else ""
    yield footnote(f"As of {asked} ({formatting.timezone(zone_name(calendar.tz))}){method}.")


def _ends(depletion: Depletion, calendar: Calendar) -> Iterator[tuple[str, str]]:
    for name, at in phrases.depletion_dates(depletion):
        yield name.capitalize(), phrases.depletion_date(at, calendar)


def _chances(depletion: Depletion) -> Iterator[tuple[str, str]]:
    for chance in phrases.chances(depletion):
        yield f"{phrases.within(chance).capitalize()}>", formatting.chance(chance.p)


def of_backtest(backtest: Backtest) -> str:
    """The verdict, and the forecast beside the naive ones."""
    told = headline(f"{backtest.verdict[0].upper()}{backtest.verdict[1:]}.")
    if not backtest.trials:
        return box(told)
    rows = (
        (score.method, formatting.percent(score.median_error), f"{score.pinball:.3f}")
        for score in backtest.scores
    )
    worth = formatting.counted(round(backtest.independent), "forecast")
    foot = f"They overlap: worth about {worth} that do not. Less is better in both columns."
    return box(told, table(("Method", "Median error>", "Pinball loss>"), rows), footnote(foot))
