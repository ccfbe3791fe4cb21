"""Errors as one line on stderr and an exit code.

An error is reported in one line: what is wrong, and how to fix it. A bug is reported by its
place in the source and not by its message, which might contain anything, a token included.
"""

import os
import sys
from typing import Final

import click

from usage_tracker.cli.output import discard, is_output_error, output_error, print_stderr
from usage_tracker.errors import DEBUG, TrackerError, UnexpectedError
from usage_tracker.formatting import visible

INTERRUPTED: Final = 130
FAILED: Final = TrackerError.exit_code
UNKNOWN: Final = 3
"""Exit code of `check` for every error, also for misuse in front of its name."""


def report(error: Exception, *, capturing: bool) -> int:
    """Report any error; return its exit code, for a `capturing` command that of sysexits.h."""
    if isinstance(error, click.ClickException):
        return report_misuse(error)
    if isinstance(error, TrackerError):
        return report_error(error, capturing=capturing)
    if isinstance(error, BrokenPipeError):
        return discard_output()
    if isinstance(error, OSError) and is_output_error(error):  # from click, as it writes the help
        return report_unwritable_output(error)
    return report_bug(error)


def report_error(error: TrackerError, *, capturing: bool) -> int:
    """Report an error of the user's or the environment's; return its exit code."""
    print_stderr(f"tracker: {visible(str(error))}")
    return error.sysexit if capturing else error.exit_code


def report_unwritable_output(error: OSError) -> int:
    """Report that stdout cannot be written; return the exit code."""
    return report_error(output_error(error), capturing=False)


def report_misuse(error: click.ClickException) -> int:
    """Report an invalid command line; return its exit code."""
    message = " ".join(error.format_message().split()).removesuffix(".")
    fix = ""
    if isinstance(error, click.UsageError) and error.ctx and not message.endswith(("?", "?)")):
        fix = f" (see `{error.ctx.command_path} --help`)"
    print_stderr(f"tracker: {visible(message[:1].lower() + message[1:] + fix)}")
    return error.exit_code


def report_bug(error: Exception) -> int:
    """Report a bug and where it is; return the exit code."""
    bug = UnexpectedError(error)
    print_traceback(bug)
    return report_error(bug, capturing=False)


def print_traceback(error: TrackerError) -> None:
    """Print where a bug is in full, if `error` is due to one and TRACKER_DEBUG asks for it."""
    is_bug = isinstance(error, UnexpectedError) or isinstance(error.__cause__, UnexpectedError)
    if is_bug and os.environ.get(DEBUG):
        import traceback

        print_stderr("".join(traceback.format_exception(error)).rstrip())


def discard_output() -> int:
    """Write nothing more after the reader left (`| head`), without a message."""
    discard(sys.stdout)
    return FAILED
