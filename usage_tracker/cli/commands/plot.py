"""`tracker plot`: charts as PNG or SVG files."""

from typing import TYPE_CHECKING, cast

import click

from usage_tracker.cli import options, report_options
from usage_tracker.cli.output import echo_json
from usage_tracker.cli.session import Session, pass_session

if TYPE_CHECKING:
    from usage_tracker.render.chart_data.kinds import Kind

KINDS = ("overview", "balance", "spend", "heat")


@click.command()
@options.accounts
@report_options.window
@report_options.as_of
@report_options.by
@options.zone
@click.option(
    "-o",
    "--output",
    required=True,
    type=options.ExpandedPath(dir_okay=False),
    metavar="FILE",
    help="The picture to write: FILE.png or FILE.svg.",
)
@click.option(
    "--kind", type=click.Choice(KINDS), default="overview", show_default=True, help="What to draw."
)
@click.option("--dark", is_flag=True, help="Use a dark background.")
@click.option("--width", type=click.IntRange(240, 8000), default=1000, show_default=True)
@click.option("--height", type=click.IntRange(160, 8000), default=625, show_default=True)
@options.shared
@pass_session
def command(
    session: Session,
    /,
    names: tuple[str, ...],
    output: str,
    kind: str,
    dark: bool,  # noqa: FBT001
    width: int,
    height: int,
    **span: str,
) -> None:
    """Draw the burn-down, the spend and the hours of the week.

    Needs the extra `plot`.

    \b
    Example:  tracker plot -o usage.png --since 60d --dark
    """  # noqa: D301 (click reads the backspace)
    from usage_tracker.cli.output_files import check_target, write
    from usage_tracker.render import mpl
    from usage_tracker.render.chart_data.kinds import DETAILS

    check_target(session.settings, output)
    picture_format = mpl.format_of(output)
    shown = cast("Kind", kind)
    report = report_options.fetch(session, names, report_options.Span(**span), DETAILS[shown])
    figure = mpl.plot(report, shown, width=width, height=height, dark=dark)
    write(output, mpl.picture(figure, picture_format))
    if session.json:
        accounts = [account.account for account in report.accounts]
        echo_json("plot", {"file": output, "kind": kind, "accounts": accounts})
    session.info(f"wrote {output}")
