"""The root group `tracker` and the table of its commands.

`tracker --help` is printed from the table alone. A command is in the module of its name in
`usage_tracker.cli.commands` (`import` in `import_`).
"""

import sys
from collections.abc import Mapping
from typing import Any, Final

import click

from usage_tracker import __version__
from usage_tracker.cli import error_handling, output
from usage_tracker.cli.groups import LazyGroup
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import NoHistoryError

EVERY_DAY: Final = "Every day"
LOOK_DEEPER: Final = "Look deeper"
KEEP_RUNNING: Final = "Keep it running"
DATABASE: Final = "The database"
TRY_OUT: Final = "Try it out"

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "snapshot": (EVERY_DAY, "Request every account's balance once and store it."),
    "report": (EVERY_DAY, "Show the balance, spend, credits and forecast."),
    "status": (EVERY_DAY, "Show the balance and days left in one line."),
    "forecast": (EVERY_DAY, "Forecast when the credit runs out, and answer what-if questions."),
    "plot": (LOOK_DEEPER, "Draw the burn-down, the spend and the hours of the week."),
    "events": (
        LOOK_DEEPER,
        "Show credits, gaps, failed attempts and other events.",
    ),
    "history": (LOOK_DEEPER, "Show the raw snapshots, newest last."),
    "backtest": (LOOK_DEEPER, "Measure how good past forecasts would have been."),
    "init": (KEEP_RUNNING, "Set up an account and take the first snapshot."),
    "accounts": (KEEP_RUNNING, "List, add, rename and remove accounts."),
    "schedule": (KEEP_RUNNING, "Take a snapshot every few minutes with cron or systemd."),
    "check": (KEEP_RUNNING, "Check balance, spend and age, as a Nagios plug-in."),
    "doctor": (KEEP_RUNNING, "Check for problems and suggest fixes."),
    "config": (KEEP_RUNNING, "Show the effective settings and where they come from."),
    "help": (KEEP_RUNNING, "Show the help of a command."),
    "import": (DATABASE, "Import snapshots from a CSV or JSONL file or another database."),
    "export": (DATABASE, "Write the snapshots to a CSV or JSONL file."),
    "db": (DATABASE, "Show, upgrade, back up, restore, check and prune the database."),
    "demo": (TRY_OUT, "Try everything without a key, on a simulated account."),
}

CAPTURING: Final = {"snapshot", "init"}
"""Commands that exit with the codes of sysexits.h: their caller may be cron."""

FIRST_STEPS: Final = """\
There is no history yet. To begin:

  tracker init      set up an account and take the first snapshot
  tracker --help    list all commands"""


class Tracker(LazyGroup):
    """The root group, which turns every error into a message and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program."""
        try:
            return super().main(*args, **extra)
        except OSError as error:  # not even the help could be written
            sys.exit(error_handling.report_unwritable_output(error))

    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **extra: Any
    ) -> click.Context:
        """Parse what precedes the command's name."""
        words = tuple(args)
        try:
            return super().make_context(info_name, args, *more, **extra)
        except click.ClickException as error:
            code = error_handling.report_misuse(error)
            raise click.exceptions.Exit(
                error_handling.UNKNOWN if "check" in words else code
            ) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that `ctx` names."""
        try:
            super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(error_handling.INTERRUPTED)
        except Exception as error:  # noqa: BLE001 (a bug is reported, too)
            capturing = ctx.invoked_subcommand in CAPTURING
            ctx.exit(error_handling.report(error, capturing=capturing))


@click.group(
    cls=Tracker,
    package="usage_tracker.cli.commands",
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
@shared
@pass_session
@click.pass_context
def tracker(ctx: click.Context, session: Session) -> None:
    """Log what an AIHubMix account spends, and forecast how long its credit lasts.

    Without a command it shows the status. The options below may precede or follow a
    command's name; `tracker COMMAND --help` lists the others.
    """
    if ctx.invoked_subcommand is not None:
        return
    from usage_tracker.cli.commands.status import command as status

    try:
        ctx.invoke(status)
    except NoHistoryError:
        if session.json:
            raise
        output.echo(FIRST_STEPS)
