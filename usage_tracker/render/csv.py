"""CSV for spreadsheets: one row for each account and period, numbers raw, unknown empty.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, so such a
name gets an apostrophe in front.
"""

import csv
import io

from usage_tracker.formatting import plain
from usage_tracker.render.phrases import records
from usage_tracker.reporting.model import Detail, Period, Report
from usage_tracker.times import iso, to_ms

DETAILS = Detail.NONE
COLUMNS = (
    "account", "start", "end", "spend", "usd", "top_ups", "refunds", "requests", "closing",
    "coverage", "estimated",
)  # fmt: skip
_STARTS_A_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001


def render(report: Report) -> str:
    """Return the periods of every account of `report` below a header; times are UTC."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for account in report.accounts:
        name = text_cell(account.account)
        writer.writerows([name, *_cells(period)] for period in records(account.periods))
    return text.getvalue()


def text_cell(text: str) -> str:
    """Return foreign `text` as a cell that no spreadsheet evaluates."""
    safe = plain(text, max(len(text), 1))
    return f"'{safe}" if safe.lstrip().startswith(_STARTS_A_FORMULA) else safe


def _cells(period: Period) -> list[str | int | float | None]:
    numbers = (getattr(period, column) for column in COLUMNS[3:-1])
    moments = (iso(to_ms(at)) for at in (period.start, period.end))
    return [*moments, *numbers, str(period.estimated).lower()]
