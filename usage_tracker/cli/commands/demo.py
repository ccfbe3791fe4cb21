"""`tracker demo`: the whole path without a key."""

import sys
from pathlib import Path
from shlex import quote
from shutil import which

import click

from usage_tracker.cli.command_table import COMMANDS
from usage_tracker.cli.options import Place, shared
from usage_tracker.cli.output import say
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError

NEXT = {
    "status": "what is left, in one line",
    "report --by week": "the same, by week",
    "events": "top-ups, refunds and gaps",
    "forecast --top-up 20": "what if I added $20?",
    "plot -o demo.png": "the charts",
}


class NotebooksAloneError(MisuseError):
    """A folder for the demonstration, when only the notebooks are written out."""

    def __init__(self) -> None:
        super().__init__("--notebooks only writes the notebooks: give it without DIRECTORY")


class OwnPlacesError(MisuseError):
    """A database or a configuration for what has its own."""

    def __init__(self, option: str) -> None:
        super().__init__(
            f"the demonstration keeps to places of its own: give it without {option} "
            "(DIRECTORY says where they are)"
        )


@click.command()
@click.argument("directory", required=False, type=Place(file_okay=False, path_type=Path))
@click.option(
    "--notebooks",
    type=Place(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the three notebooks into DIR, and do nothing else.",
)
@shared
@pass_session
@click.pass_context
def command(
    ctx: click.Context, session: Session, directory: Path | None, notebooks: Path | None
) -> None:
    """Show the whole path with no key: a gateway, snapshots and a report.

    Starts a gateway on this machine, lives through eleven weeks of an account quickly,
    takes real snapshots of it over HTTP (one while it is down) into a database of its
    own, and prints the report. Nothing of yours is touched. It is kept in DIRECTORY, or
    in a temporary one.
    """
    for option, given in (("--db", session.database), ("--config", session.config)):
        if given is not None:
            raise OwnPlacesError(option)
    if notebooks is not None:
        if directory is not None:
            raise NotebooksAloneError
        _write_notebooks(session, notebooks)
        return
    from usage_tracker.cli.commands.report import command as report
    from usage_tracker.cli.commands.snapshot import tell
    from usage_tracker.demo.run import run

    session.say("A gateway on this machine, an account that has been busy for eleven weeks ...")
    result = run(directory)
    past = f"{result.past_snapshots:,} snapshots of its past"
    session.say(f"{past}, and three calls over HTTP just now, one of them in vain (on purpose):")
    for asked in result.results:
        tell(session, asked)
    session.config, session.database = str(result.config), str(result.database)
    session.say("")
    ctx.invoke(report)
    if not session.quiet:
        _say_next(result.config)


def _write_notebooks(session: Session, folder: Path) -> None:
    from usage_tracker.demo.notebooks import write_out

    for path in write_out(folder):
        session.say(f"wrote {path}")
    session.say(
        f"open them with Jupyter: pip install jupyterlab && jupyter lab {quote(str(folder))}"
    )


def _program() -> str:
    """The program as it can be called from here, which need not be on the PATH."""
    called = sys.argv[0]
    on_path = which("tracker")
    if Path(called).name != "tracker" or (on_path and Path(on_path).samefile(called)):
        return "tracker"
    return quote(called)


def _say_next(config: Path) -> None:
    say(f"\nLook around in it:\n  export TRACKER_CONFIG={quote(str(config))}")
    known = {words: what for words, what in NEXT.items() if words.split()[0] in COMMANDS}
    width = max(map(len, known))
    for words, what in known.items():
        say(f"  {_program()} {words.ljust(width)}   {what}")
    say(f"\nIt is all in {config.parent}, which may be deleted at any time.")
    say(f"Then your own: unset TRACKER_CONFIG; {_program()} init")
