"""Asking for a key: hidden on a terminal, else from stdin, else from the environment.

There is no option for it, since everybody on the machine can read a command line.
"""

import sys

import click

from usage_tracker.cli.output import can_ask
from usage_tracker.config import environment
from usage_tracker.config.account import Account
from usage_tracker.config.secrets import paste
from usage_tracker.config.token import Token
from usage_tracker.errors import ConfigError
from usage_tracker.words import visible

_LONGEST = 64 * 1024


class NoKeyError(ConfigError):
    """Nobody gave a key."""

    def __init__(self) -> None:
        super().__init__(
            "no key was given: pipe it in (`pass show aihubmix | tracker init`), set "
            f"{environment.TOKEN}, or say where it is with --token-file or --token-command"
        )


def ask_for_token(account: Account) -> Token:
    """The token from the terminal, or from stdin, or else from the environment."""
    variable = environment.token_variable(account.base_url)
    if can_ask():
        hint = f"hidden; Enter takes {variable}" if variable else "hidden"
        prompt = f"Manage Key of {visible(account.name)} ({hint})"
        text = click.prompt(prompt, "", hide_input=True, show_default=False, err=True)
    else:
        text = sys.stdin.read(_LONGEST) if sys.stdin is not None else ""
    if not text.strip() and variable:
        text = environment.variable(variable) or ""
    if not text.strip():
        raise NoKeyError
    return paste(text)
