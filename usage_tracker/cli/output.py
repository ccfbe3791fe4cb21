"""Output: data on stdout, messages on stderr.

Text of foreign origin (a name, a gateway's message) goes through `formatting.visible`, so that
it cannot control the terminal.
"""

import json
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, Final, TextIO

import click

from usage_tracker.cli.log import dated
from usage_tracker.errors import MisuseError, TrackerError
from usage_tracker.formatting import can_encode, stream_encoding, transliterate, visible

STDOUT: Final = "-"
"""Stands for stdout instead of a file's name."""

MINIMUM_WIDTH: Final = 30
_GAP: Final = "  "


class OutputError(TrackerError):
    """stdout cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"cannot write the output: {error.strerror or error}")


class UnconfirmedError(MisuseError):
    """A deletion needs a confirmation, and there is no terminal."""

    def __init__(self) -> None:
        super().__init__(
            "nothing was deleted: a deletion is permanent, and there is no terminal to confirm "
            "it; add --yes"
        )


def is_stdout(path: str) -> bool:
    """Return whether `path` is `-`, or a file that stdout writes to, such as /dev/stdout."""
    if path == STDOUT:
        return True
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))  # noqa: PTH116
    except (AttributeError, OSError, ValueError):
        return False


@contextmanager
def _output_errors() -> Iterator[None]:
    """Raise OutputError if stdout fails, unless its reader only left."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output_error(error) from None


def echo(text: str) -> None:
    """Write a line to stdout."""
    with _output_errors():
        click.echo(_spelled(text, sys.stdout))


def echo_columns(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> None:
    """Write `rows` as aligned columns; continue a last cell too wide for the terminal below it.

    `right` numbers the columns that are aligned to the right.
    """
    others = columns([row[:-1] for row in rows])
    indent = max(map(_width, others), default=0) + len(_GAP)
    for line in columns(rows, right):
        echo(wrapped(line, sys.stdout, indent))


@contextmanager
def data_stream() -> Iterator[TextIO]:
    """Yield stdout for data of any size, in UTF-8 whatever the locale."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    with _output_errors():
        yield sys.stdout
        sys.stdout.flush()


def echo_document(text: str) -> None:
    """Write a document in UTF-8, ending with a newline."""
    with data_stream() as out:
        out.write(text if text.endswith("\n") else f"{text}\n")


def echo_json(command: str, body: Mapping[str, Any]) -> None:
    """Write `body` under the schema of `command`, in pure ASCII."""
    document = {"schema": f"usage-tracker.{command}/1", **body}
    echo(json.dumps(document, indent=2, allow_nan=False))


def print_stderr(text: str) -> None:
    """Write to stderr; ignore write errors."""
    with suppress(OSError):
        spelled = _spelled(dated(text), sys.stderr)
        click.echo(wrapped(spelled, sys.stderr), err=True)


def is_output_error(error: BaseException) -> bool:
    """Return whether click itself failed to write, such as a command's help."""
    import traceback

    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return isinstance(error, OSError) and any(f.f_code is click.echo.__code__ for f in frames)


def output_error(error: OSError) -> OutputError:
    """Return the error to raise for `error` of stdout; discard the rest of stdout."""
    discard(sys.stdout)
    return OutputError(error)


def discard(stream: TextIO | None) -> None:
    """Send what is left in `stream` to /dev/null: the interpreter would complain at exit."""
    with suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


def _spelled(text: str, stream: TextIO | None) -> str:
    """Return `text` in characters that the encoding of `stream` has."""
    if text.isascii() or stream is None or can_encode(stream, text):
        return text
    return transliterate(text, stream_encoding(stream))


def wrapped(text: str, stream: TextIO | None, indent: int = 0) -> str:
    """Return `text` with lines broken between words to fit `stream`, if it is a terminal.

    What follows a break is indented by `indent` cells, or as its line is. In a pipe or a log
    no line is broken.
    """
    if stream is None or not stream.isatty():
        return text
    width = _terminal_width(stream)
    return "\n".join(_wrapped_line(line, width, indent) for line in text.split("\n"))


def _wrapped_line(line: str, width: int, indent: int) -> str:
    if len(line) < width:
        return line
    margin = " " * min(max(indent, len(line) - len(line.lstrip())), width // 2)
    return textwrap.fill(
        line,
        width,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def _terminal_width(stream: TextIO) -> int:
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    # A terminal may not know its size (under expect, for example), but COLUMNS may.
    return max(columns or shutil.get_terminal_size().columns, MINIMUM_WIDTH)


def columns(rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Return `rows` as lines with aligned columns, those numbered in `right` to the right."""
    cells = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    to_right = set(right)
    return [_GAP.join(_pad(row, widths, to_right)).rstrip() for row in cells]


def _pad(row: list[str], widths: list[int], right: set[int]) -> Iterable[str]:
    for at, (cell, width) in enumerate(zip(row, widths, strict=True)):
        space = " " * (width - _width(cell))
        yield space + cell if at in right else cell + space


def _width(text: str) -> int:
    """Return the number of terminal cells that `text` takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def can_prompt() -> bool:
    """Return whether stdin is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirm(question: str) -> None:
    """Ask for a confirmation; without one exit with 1.

    Raises:
        UnconfirmedError: There is no terminal.
    """
    if not can_prompt():
        raise UnconfirmedError
    if not click.confirm(question, err=True):
        click.get_current_context().exit(1)


def wants_color() -> bool:
    """Return whether stdout may be coloured."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    return sys.stdout.isatty()


def color_of_environment() -> bool | None:
    """Return what NO_COLOR, FORCE_COLOR and TERM ask for; None if it depends on the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None
