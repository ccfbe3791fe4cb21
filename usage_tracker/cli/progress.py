"""A progress bar on stderr, if that is a terminal."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from usage_tracker.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usage_tracker.store.database import Progress as Advance


@contextmanager
def progress_bar(
    session: Session, label: str, total: int | None = None, unit: str = "rows"
) -> "Iterator[Advance | None]":
    """Yield a function to call with the number of new rows, or None if there is no bar.

    Without a `total` the bar shows the count and the rate, but no end. `unit` says what is
    count_noun.
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
        task = bar.add_task(label, total=total, rate="")

        def advance(rows: int) -> None:
            bar.advance(task, rows)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f} {unit}/s" if speed else "")

        yield advance
