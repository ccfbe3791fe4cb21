"""CSV for spreadsheets: one row for each account and period, numbers raw, unknown empty.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula. Names
come from people, so a name that begins so gets an apostrophe in front.
"""

import csv
import io

from usage_tracker.formatting import plain
from usage_tracker.reporting.model import AccountReport, Detail, Period, Report
from usage_tracker.times import iso, to_ms

DETAILS = Detail.NONE
COLUMNS = (
    "account",
    "start",
    "end",
    "spend",
    "usd",
    "top_ups",
    "refunds",
    "requests",
    "closing",
    "coverage",
    "estimated",
)  # fmt: skip
_STARTS_A_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001


def render(report: Report) -> str:
    """The periods of every account of `report`, under a header; moments in UTC."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for account in report.accounts:
        writer.writerows(_row(account, period) for period in account.periods)
    return text.getvalue()


def text_cell(text: str) -> str:
    """Foreign `text` as a cell that no spreadsheet computes."""
    tame = plain(text, max(len(text), 1))
    return f"'{tame}" if tame.lstrip().startswith(_STARTS_A_FORMULA) else tame


def _row(account: AccountReport, period: Period) -> tuple[str | int | float | None, ...]:
    return (
        text_cell(account.account),
        iso(to_ms(period.start)),
        iso(to_ms(period.end)),
        period.spend,
        period.usd,
        period.top_ups,
        period.refunds,
        period.requests,
        period.closing,
        period.coverage,
        str(period.estimated).lower(),
    )
