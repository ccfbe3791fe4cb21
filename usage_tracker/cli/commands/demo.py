"""`tracker demo`: the whole path without a key."""

from pathlib import Path
from shlex import quote

import click

from usage_tracker.cli.options import shared
from usage_tracker.cli.output import say
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.cli.table import COMMANDS

NEXT = {
    "status": "what is left, in one line",
    "report --by week": "the same, by week",
    "events": "top-ups, refunds and gaps",
    "forecast --top-up 20": "what if I added $20?",
    "plot -o demo.png": "the charts",
}


@click.command()
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@shared
@pass_session
@click.pass_context
def command(ctx: click.Context, session: Session, directory: Path | None) -> None:
    """Show the whole path with no key: a gateway, snapshots and a report.

    Starts a gateway on this machine, lives through eleven weeks of an account quickly,
    takes real snapshots of it over HTTP (one while it is down) into a database of its
    own, and prints the report. Nothing of yours is touched. It is kept in DIRECTORY, or
    in a temporary one.
    """
    from usage_tracker.cli.commands.report import command as report
    from usage_tracker.cli.commands.snapshot import tell
    from usage_tracker.demo.run import run

    session.say("A gateway on this machine, an account that has been busy for eleven weeks ...")
    result = run(directory)
    session.say(f"{result.lived:,} snapshots of its past, and three more asked over HTTP just now:")
    for asked in result.asked:
        tell(session, asked)
    session.config, session.database = str(result.config), str(result.database)
    session.say("")
    ctx.invoke(report)
    if not session.quiet:
        _say_next(result.config)


def _say_next(config: Path) -> None:
    say("\nLook around in it:")
    known = {words: what for words, what in NEXT.items() if words.split()[0] in COMMANDS}
    width = max(map(len, known))
    for words, what in known.items():
        say(f"  tracker --config {quote(str(config))} {words.ljust(width)}   {what}")
    say("\nThen your own: tracker init")
