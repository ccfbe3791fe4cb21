"""Input from the terminal that is not shown."""

import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

_LOCAL_FLAGS: Final = 3


def read_hidden(prompt: str, *, accept_empty: bool) -> str:
    """Return the line that is entered, asking again after an empty one unless `accept_empty`.

    `getpass` discards what follows a line, so a pasted key that begins with a newline is lost.
    """
    with _without_echo():
        while True:
            click.echo(prompt, err=True, nl=False)
            line = sys.stdin.readline()
            click.echo(err=True)
            if not line:
                raise click.Abort
            if line.strip() or accept_empty:
                return line
            click.echo("Nothing was entered; Ctrl-C ends this.", err=True)


@contextmanager
def _without_echo() -> Iterator[None]:
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    hidden = termios.tcgetattr(terminal)
    hidden[_LOCAL_FLAGS] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, hidden)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
