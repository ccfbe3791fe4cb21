"""Asking for a key: hidden on a terminal, else from stdin, else from the environment.

There is no option for it, since everybody on the machine can read a command line.
"""

import sys

import click

from usage_tracker.cli.output import can_ask
from usage_tracker.config import settings
from usage_tracker.config.accounts import Account
from usage_tracker.config.credentials import Token, parse_token
from usage_tracker.errors import ConfigError
from usage_tracker.formatting import visible

_LONGEST = 64 * 1024


class NoKeyError(ConfigError):
    """Nobody gave a key."""

    def __init__(self) -> None:
        super().__init__(
            "no key was given: pipe it in (`pass show aihubmix | tracker init`), set "
            f"{settings.TOKEN_VARIABLE}, or say where it is with --token-file or --token-command"
        )


class UnreadableKeyError(ConfigError):
    """What was given is no text, and so no key."""

    def __init__(self) -> None:
        super().__init__(
            "the key holds a byte that is no text: copy it again, in full; nothing was sent"
        )


def ask_for_token(account: Account) -> Token:
    """The token from the terminal, or from stdin, or else from the environment."""
    variable = settings.token_variable(account.base_url)
    try:
        text = _given(account, variable)
    except UnicodeDecodeError:
        raise UnreadableKeyError from None
    if not text.strip() and variable:
        text = settings.get_variable(variable) or ""
    if not text.strip():
        raise NoKeyError
    return parse_token(text)


def _given(account: Account, variable: str | None) -> str:
    if not can_ask():
        return sys.stdin.read(_LONGEST) if sys.stdin is not None else ""
    hint = f"hidden; Enter takes {variable}" if variable else "hidden"
    prompt = f"Manage Key of {visible(account.name)} ({hint})"
    text: str = click.prompt(prompt, "", hide_input=True, show_default=False, err=True)
    return text
