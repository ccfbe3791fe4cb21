"""What is written where: data on stdout, talk on stderr, and nothing that moves the terminal.

Text that came from elsewhere (a name, a gateway's words) goes through `words.visible`.
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
from typing import Any, TextIO

import click

from usage_tracker.errors import MisuseError, TrackerError
from usage_tracker.formatting import can_encode, stream_encoding, transliterate, visible

STDOUT = "-"
"""What stands for stdout where a file is to be named."""

# Words do not get wrapped any tighter than this.
_NARROWEST = 30
_GAP = "  "


class OutputError(TrackerError):
    """stdout cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"cannot write the output: {error.strerror or error}")


class NobodyToAskError(MisuseError):
    """A deletion without anybody to confirm it."""

    def __init__(self) -> None:
        super().__init__(
            "nothing was deleted: it would be for good, and nobody is there to ask; add --yes"
        )


def is_stdout(path: str) -> bool:
    """Whether `path` stands for stdout or leads to it: `-`, /dev/stdout, or the very file."""
    if path == STDOUT:
        return True
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))  # noqa: PTH116
    except (AttributeError, OSError, ValueError):
        return False


@contextmanager
def _told() -> Iterator[None]:
    """Tell it if stdout fails, unless it is only that nobody reads on."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise broken(error) from None


def echo(text: str) -> None:
    """Write a line of data."""
    with _told():
        click.echo(_spelled(text, sys.stdout))


def echo_columns(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> None:
    """Write `rows` as aligned columns; a terminal's line that is too wide goes on below the last.

    `right` numbers the columns that are aligned to the right.
    """
    lines = columns(rows, right)
    rest = columns([row[:-1] for row in rows])
    indent = max(map(_width, rest), default=0) + len(_GAP)
    for line in lines:
        echo(wrapped(line, sys.stdout, indent))


@contextmanager
def data_stream() -> Iterator[TextIO]:
    """Stdout for data of any size, in UTF-8 whatever the locale."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    with _told():
        yield sys.stdout
        sys.stdout.flush()


def echo_document(text: str) -> None:
    """Write a document of some format, which says or implies that it is in UTF-8."""
    with data_stream() as out:
        out.write(text if text.endswith("\n") else f"{text}\n")


def is_of_output(error: BaseException) -> bool:
    """Whether click itself could not write, as the help of a command."""
    import traceback

    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return isinstance(error, OSError) and any(f.f_code is click.echo.__code__ for f in frames)


def broken(error: OSError) -> OutputError:
    """The error to raise when stdout failed with `error`; the rest of stdout goes nowhere."""
    silence(sys.stdout)
    return OutputError(error)


def echo_json(command: str, body: Mapping[str, Any]) -> None:
    """Write `body` under the schema of `command`, in pure ASCII."""
    document = {"schema": f"usage-tracker.{command}/1", **body}
    echo(json.dumps(document, indent=2, allow_nan=False))


def say(text: str) -> None:
    """Talk, which nobody has to be able to hear."""
    with suppress(OSError):
        click.echo(wrapped(_spelled(text, sys.stderr), sys.stderr), err=True)


def _spelled(text: str, stream: TextIO | None) -> str:
    """`text` in letters that `stream` takes."""
    if text.isascii() or stream is None or can_encode(stream, text):
        return text
    return transliterate(text, stream_encoding(stream))


def wrapped(text: str, stream: TextIO | None, indent: int = 0) -> str:
    """`text` broken between words where `stream` is a terminal too narrow for a line of it.

    What follows a break is indented by `indent` cells, or as the line itself is. In a pipe
    and in a log a line stays a line.
    """
    if stream is None or not stream.isatty():
        return text
    return "\n".join(
        _wrapped_line(line, _terminal_width(stream), indent) for line in text.split("\n")
    )


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
    # Of a terminal that does not know its size (under expect, say) the environment may.
    return max(columns or shutil.get_terminal_size().columns, _NARROWEST)


def columns(rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """`rows` as lines with aligned columns, those numbered in `right` to the right."""
    cells = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    to_right = set(right)
    return [_GAP.join(_pad(row, widths, to_right)).rstrip() for row in cells]


def can_ask() -> bool:
    """Whether there is somebody at a terminal to answer a question."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirm(question: str) -> None:
    """Go on only if somebody at the terminal says yes; no is an end without a word, and 1.

    Raises:
        NobodyToAskError: There is no terminal.
    """
    if not can_ask():
        raise NobodyToAskError
    if not click.confirm(question, err=True):
        click.get_current_context().exit(1)


def wants_color() -> bool:
    """Whether stdout may be coloured."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    return sys.stdout.isatty()


def color_of_environment() -> bool | None:
    """What NO_COLOR, FORCE_COLOR and TERM ask for; None leaves it to the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None


def silence(stream: TextIO | None) -> None:
    """Let what is left in `stream` go nowhere: the interpreter would complain at its end."""
    with suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


def _pad(row: list[str], widths: list[int], right: set[int]) -> Iterable[str]:
    for at, (cell, width) in enumerate(zip(row, widths, strict=True)):
        space = " " * (width - _width(cell))
        yield space + cell if at in right else cell + space


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
