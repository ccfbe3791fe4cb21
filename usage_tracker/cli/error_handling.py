"""The one place where errors become a line on stderr and an exit code.

Whatever goes wrong is told in one line: what, and what to do about it. A defect
tells its place and not its message, which might hold anything.
"""

import os
import sys
from typing import Final

import click

from usage_tracker.cli.output import broken, say, silence
from usage_tracker.errors import TrackerError
from usage_tracker.formatting import visible

DEBUG: Final = "TRACKER_DEBUG"
INTERRUPTED: Final = 130
FAILED: Final = 1
UNKNOWN: Final = 3
"""What `check` exits with whatever goes wrong, also in front of its name."""


def tell(error: TrackerError, *, capturing: bool) -> int:
    """Say what is wrong; the exit code for it."""
    say(f"tracker: {visible(str(error))}")
    return error.sysexit if capturing else error.exit_code


def tell_unwritten(error: OSError) -> int:
    """Say that stdout cannot be written; the exit code for it."""
    return tell(broken(error), capturing=False)


def tell_misuse(error: click.ClickException) -> int:
    """Say what is wrong with the words of the command line; the exit code for it."""
    message = " ".join(error.format_message().split()).removesuffix(".")
    cure = ""
    if isinstance(error, click.UsageError) and error.ctx and not message.endswith(("?", "?)")):
        cure = f" (see `{error.ctx.command_path} --help`)"
    say(f"tracker: {visible(message[:1].lower() + message[1:] + cure)}")
    return error.exit_code


def tell_defect(error: Exception) -> int:
    """Say that the program is at fault, and where."""
    if os.environ.get(DEBUG):
        import traceback

        say("".join(traceback.format_exception(error)).rstrip())
    say(
        f"tracker: a defect of this program ({type(error).__name__} in {_place(error)}): please "
        f"report it to its maintainers; {DEBUG}=1 shows more"
    )
    return FAILED


def _place(error: Exception) -> str:
    """The last line of this program that `error` passed on its way: `store/prune.py:77`."""
    import traceback
    from pathlib import Path

    package = Path(__file__).parents[1]
    ours = [
        (Path(frame.filename).relative_to(package), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(package)
    ]
    path, line = ours[-1] if ours else (Path("unknown"), 0)
    return f"{path.as_posix()}:{line}"


def end_quietly() -> int:
    """Nobody reads on (`| head`): nothing more is written, and nothing is complained about."""
    silence(sys.stdout)
    return FAILED
