"""`tracker report`: the whole report in every format."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from usage_tracker.cli import options, report_options
from usage_tracker.cli.output import echo, echo_document, is_stdout, wants_color
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError

if TYPE_CHECKING:
    from usage_tracker.reporting import Report

FORMATS = ("table", "json", "csv", "markdown", "html", "openmetrics")
ENDINGS = {
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".prom": "openmetrics",
    ".txt": "table",
    "": "table",
}
PIPED_WIDTH = 80


class UnknownEndingError(MisuseError):
    """The file's ending names no format."""

    def __init__(self, ending: str) -> None:
        known = ", ".join(filter(None, ENDINGS))
        super().__init__(
            f"no report format has the ending {ending[:20]!r}: use {known}, "
            "or add --format; `tracker plot` draws .png and .svg"
        )


@click.command()
@options.accounts
@report_options.window
@report_options.as_of
@report_options.by
@options.zone
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="The format.  [default: by the ending of --output, else table]",
)
@click.option(
    "-o",
    "--output",
    type=options.ExpandedPath(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write to a file (.html, .json, .csv, .md, .prom, .txt); - is stdout.",
)
@options.shared_with_formats
@pass_session
def command(
    session: Session,
    /,
    names: tuple[str, ...],
    form: str | None,
    output: str | None,
    **span: str,
) -> None:
    """Show the balance, spend, credits and forecast.

    Covers the last 30 days by day, unless options say otherwise, and uses no network.
    For several accounts an overview comes first, sorted by days left; for more than 20
    accounts there is only the overview. The exit code is 3 if there is no history.

    \b
    Examples:  tracker report --since 7d --by hour
               tracker report --since 90d -o report.html
               tracker report --as-of 2026-11-01 --json
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli.output_files import check_target, write

    options.one_format(session, form)
    wanted = options.JSON if session.json else form or _by_ending(Path(output or ""))
    output = None if output is not None and is_stdout(output) else output
    if output is not None:
        check_target(session.settings, output)
    renderer = _renderer(wanted)
    report = report_options.fetch(session, names, report_options.Span(**span), renderer.DETAILS)
    if wanted == "table":
        text = _table(report, to_file=output is not None)
    else:
        text = renderer.render(report)
    if output is None:
        show = echo if wanted == "table" else echo_document
        show(text.removesuffix("\n"))
        return
    write(output, text)
    session.info(f"wrote {output}")


def _by_ending(path: Path) -> str:
    from usage_tracker.fs import is_device

    ending = path.suffix.lower()
    if ending in ENDINGS:
        return ENDINGS[ending]
    if is_device(path):  # or a pipe, whose name has no meaning
        return "table"
    raise UnknownEndingError(ending)


def _renderer(form: str) -> Any:
    """Return the module that writes `form`."""
    from importlib import import_module

    module = {"table": "terminal"}.get(form, form)
    return import_module(f"usage_tracker.render.{module}")


def _table(report: "Report", *, to_file: bool) -> str:
    from usage_tracker.render import terminal

    if to_file:  # a file must not depend on the terminal
        return terminal.render(report, width=PIPED_WIDTH, color=False, unicode=True)
    return terminal.render(
        report,
        width=shutil.get_terminal_size((PIPED_WIDTH, 40)).columns,
        color=wants_color(),
        unicode=terminal.takes_unicode(sys.stdout),
    )
