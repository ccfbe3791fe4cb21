"""A bar for long work: on stderr, and on a terminal alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from usage_tracker.cli.session import Session
from usage_tracker.store.database import Progress as Advance


@contextmanager
def shown(
    session: Session, what: str, total: int | None = None, unit: str = "rows"
) -> Iterator[Advance | None]:
    """What to call with the number of rows done since the last call; None where nobody looks.

    Without a `total` the bar tells the number and the rate, but no end. Not only rows are
    counted: `unit` says what.
    """
    if session.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeLeft(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=total, rate="")

        def advance(rows: int) -> None:
            bar.advance(task, rows)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f} {unit}/s" if speed else "")

        yield advance
