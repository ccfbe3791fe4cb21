"""`tracker` itself: the group of all commands, and what it does alone."""

import sys
from typing import Any

import click

from usage_tracker import __version__
from usage_tracker.cli import error_handling, output
from usage_tracker.cli.command_table import COMMANDS
from usage_tracker.cli.lazy import LazyGroup
from usage_tracker.cli.options import shared
from usage_tracker.cli.session import Session, pass_session
from usage_tracker.errors import NoHistoryError, TrackerError

CAPTURING = {"snapshot", "init"}
"""Their caller may be cron: they exit with the codes of sysexits.h."""

BEGIN = """\
There is no history yet. To begin:

  tracker init      set up an account and take the first snapshot
  tracker --help    all commands"""


class Tracker(LazyGroup):
    """Runs a command within the boundary of errors."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program to its end."""
        try:
            return super().main(*args, **extra)
        except OSError as error:  # not even the help could be written
            sys.exit(error_handling.tell_unwritten(error))

    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **extra: Any
    ) -> click.Context:
        """Parse what stands before the command's name."""
        words = tuple(args)
        try:
            return super().make_context(info_name, args, *more, **extra)
        except click.ClickException as error:
            code = error_handling.tell_misuse(error)
            raise click.exceptions.Exit(
                error_handling.UNKNOWN if "check" in words else code
            ) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that `ctx` names."""
        try:
            super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except click.ClickException as error:
            ctx.exit(error_handling.tell_misuse(error))
        except TrackerError as error:
            ctx.exit(error_handling.tell(error, capturing=ctx.invoked_subcommand in CAPTURING))
        except BrokenPipeError:
            ctx.exit(error_handling.end_quietly())
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(error_handling.INTERRUPTED)
        except OSError as error:
            is_help = output.is_of_output(error)
            ctx.exit(
                error_handling.tell_unwritten(error)
                if is_help
                else error_handling.tell_defect(error)
            )
        except Exception as error:  # noqa: BLE001 (a defect, and told as one)
            ctx.exit(error_handling.tell_defect(error))


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
    """Log what an AIHubMix account spends, and tell how long its credit lasts.

    Alone, it shows the status. The options below may stand before or after a command's
    name; `tracker COMMAND --help` tells the others.
    """
    if ctx.invoked_subcommand is None:
        _status_or_beginning(ctx, session)


def _status_or_beginning(ctx: click.Context, session: Session) -> None:
    from usage_tracker.cli.commands.status import command as status

    try:
        ctx.invoke(status)
    except NoHistoryError:
        if session.json:
            raise
        output.echo(BEGIN)
