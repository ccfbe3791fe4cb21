"""The report and the charts that the README shows, made by `python -m tests.pictures`.

They show the account of `tracker demo` at a fixed moment, so that they change only when
the program does. A test holds the README's report to what the program prints.
"""

import datetime as dt
import re
import zoneinfo
from pathlib import Path

from usage_tracker.demo import sample_account
from usage_tracker.render import mpl, terminal
from usage_tracker.reporting import Report
from usage_tracker.reporting.build import build, view
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.times import DAY, HOUR, to_ms

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
IMAGES = ROOT / "docs" / "images"

ZONE = "Asia/Taipei"
NOW = to_ms(dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC))
BLOCK = re.compile(r"(<!-- report -->\n```text\n).*?(```\n<!-- /report -->)", re.DOTALL)


def report(days: int) -> Report:
    """The report on the demo account's last `days`."""
    zone = zoneinfo.ZoneInfo(ZONE)
    history = sample_account.history(NOW, utc_offset=8 * HOUR)
    frame = ReportQuery.of(NOW, NOW - days * DAY, None, "day", zone)
    return build([view(history, frame)], frame, ZONE)


def terminal_report() -> str:
    """The report as a terminal of 80 columns shows it."""
    return terminal.render(report(days=14), width=80, color=False, unicode=True)


def with_report(readme: str) -> str:
    """`readme` with the report in its place."""
    return BLOCK.sub(lambda found: found[1] + terminal_report() + found[2], readme)


def main() -> None:
    """Write the report into the README and the charts beside it."""
    README.write_text(with_report(README.read_text("utf-8")), "utf-8")
    IMAGES.mkdir(exist_ok=True)
    month = report(days=45)
    for kind in ("balance", "spend"):
        for dark in (False, True):
            figure = mpl.plot(month, kind, width=900, height=420, dark=dark)
            mpl.save(figure, IMAGES / f"{kind}-{'dark' if dark else 'light'}.png", density=2)


if __name__ == "__main__":
    main()
