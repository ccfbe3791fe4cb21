"""`tracker demo`: every step without a key."""

import sys
from pathlib import Path
from shlex import quote
from shutil import which

import click

from usage_tracker.cli.options import ExpandedPath, shared
from usage_tracker.cli.output import print_stderr
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import MisuseError

NEXT_STEPS = {
    "status": "the balance in one line",
    "report --by week": "the same report by week",
    "events": "top-ups, refunds and gaps",
    "forecast --top-up 20": "what if I added $20?",
    "plot -o demo.png": "the charts",
}


class NotebooksAloneError(MisuseError):
    """DIRECTORY and --notebooks were given."""

    def __init__(self) -> None:
        super().__init__("--notebooks only writes the notebooks: give it without DIRECTORY")


class OwnPlacesError(MisuseError):
    """The demo has its own database and configuration."""

    def __init__(self, option: str) -> None:
        super().__init__(
            f"the demo uses its own database and configuration: omit {option} "
            "(DIRECTORY says where they are)"
        )


@click.command()
@click.argument("directory", required=False, type=ExpandedPath(file_okay=False, path_type=Path))
@click.option(
    "--notebooks",
    type=ExpandedPath(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Only write the three notebooks into DIR.",
)
@shared
@pass_session
@click.pass_context
def command(
    ctx: click.Context, session: Session, directory: Path | None, notebooks: Path | None
) -> None:
    """Try everything without a key, on a simulated account.

    Starts a gateway on this machine, simulates eleven weeks of an account, takes real
    snapshots of it over HTTP (one while the gateway is down) and prints the report.
    Your own files are not touched: everything is written to DIRECTORY, or to a
    temporary directory.
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
    from usage_tracker.cli.commands.snapshot import print_result
    from usage_tracker.demo.run import run

    session.info("Simulating a gateway on this machine, and eleven weeks of an account ...")
    result = run(directory)
    past = f"{result.past_snapshots:,} snapshots of its past"
    session.info(f"{past}, and three calls over HTTP, one of which fails on purpose:")
    for each in result.results:
        print_result(session, each)
    session.config, session.database = str(result.config), str(result.database)
    session.info("")
    ctx.invoke(report)
    if not session.quiet:
        _print_next_steps(result.config)


def _write_notebooks(session: Session, folder: Path) -> None:
    from importlib.util import find_spec

    from usage_tracker.demo.notebooks import write_out
    from usage_tracker.installation import install_command

    for path in write_out(folder):
        session.info(f"wrote {path}")
    if not all(map(find_spec, ("matplotlib", "ipykernel"))):
        session.info(f"they need matplotlib and a kernel: run `{install_command('notebook')}`")
    session.info(
        f"open them with Jupyter: pip install jupyterlab && jupyter lab {quote(str(folder))}"
    )


def _program() -> str:
    """Return how to call the program, which may not be on the PATH."""
    called = sys.argv[0]
    on_path = which("tracker")
    if Path(called).name != "tracker" or (on_path and Path(on_path).samefile(called)):
        return "tracker"
    return quote(called)


def _print_next_steps(config: Path) -> None:
    print_stderr(f"\nTo explore it:\n  export TRACKER_CONFIG={quote(str(config))}")
    width = max(map(len, NEXT_STEPS))
    for words, purpose in NEXT_STEPS.items():
        print_stderr(f"  {_program()} {words.ljust(width)}   {purpose}")
    print_stderr(f"\nEverything is in {config.parent}, which you can delete at any time.")
    print_stderr(f"For your own account: unset TRACKER_CONFIG; {_program()} init")
