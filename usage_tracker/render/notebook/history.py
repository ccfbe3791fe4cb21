"""A history in a notebook: whose it is, what is left, and what there is of it."""

from usage_tracker import formatting, times
from usage_tracker.history import History
from usage_tracker.money import usd
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.markup import element
from usage_tracker.render.notebook.fragment import box, footnote, headline, table

_HEADING = ("Left>", "Used in all>", "Snapshots>", "Failed attempts>", "First", "Last")


def of_history(history: History) -> str:
    """The account and its counters, last seen."""
    readings, unit = history.readings, history.quota_per_unit
    name = element("bdi", formatting.plain(history.account))
    if not len(readings):
        return box(headline("History of ", name, ": no snapshots yet."))
    first, last = (times.from_ms(int(readings.times[i])) for i in (0, -1))
    calendar = Calendar(history.zone, last)
    row = (
        formatting.dollars(usd(int(readings.quota[-1]), unit)),
        formatting.dollars(usd(int(readings.used[-1]), unit)),
        formatting.count(len(readings)),
        formatting.count(len(history.failures)),
        calendar.minute(first),
        calendar.minute(last),
    )
    foot = footnote(f"Times in {formatting.timezone(times.zone_name(history.zone))}.")
    return box(headline("History of ", name), table(_HEADING, [row]), foot)
