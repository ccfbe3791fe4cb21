"""Fetching a token from where the configuration says it is.

A file that others may read is refused, as ssh does. A command runs without a
shell, and neither what it prints nor its arguments appear in an error. Of a
file or an output the first line that is not empty counts, as `pass` has it.
"""

import os
import shlex
import stat
import subprocess
from pathlib import Path

from usage_tracker.config.accounts import TokenFromCommand, TokenFromEnv, TokenFromFile, TokenSource
from usage_tracker.config.file import why
from usage_tracker.config.token import Token
from usage_tracker.errors import ConfigError
from usage_tracker.fs import open_regular, read_all
from usage_tracker.process import run

COMMAND_TIMEOUT = 15.0
_LIMIT = 64 * 1024


class TokenMissingError(ConfigError):
    """The environment variable is not there."""

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"no token: the environment variable {variable} is not set; set it, "
            "or run `tracker accounts set-token` (cron does not see a shell's environment)"
        )


class TokenFileError(ConfigError):
    """The token's file cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot read the token file {path}: {reason}")


class TokenExposedError(ConfigError):
    """Others may read the token's file."""

    def __init__(self, path: Path, mode: int) -> None:
        super().__init__(
            f"the token file {path} can be read by others (mode {mode:04o}): "
            f"chmod 600 {shlex.quote(str(path))}"
        )


class TokenCommandError(ConfigError):
    """The token's command did not give one."""

    def __init__(self, program: str, reason: str) -> None:
        super().__init__(f"token_command {program!r} {reason}; run it by hand to see why")


def read_token(source: TokenSource, patience: float = COMMAND_TIMEOUT) -> Token:
    """The token that `source` names; a command for it may take `patience` seconds.

    Raises:
        ConfigError: There is none; the message tells the cure.
    """
    match source:
        case TokenFromEnv(variable):
            return paste(_from_env(variable))
        case TokenFromFile(path):
            return paste(_from_file(path))
        case TokenFromCommand(command):
            return paste(_from_command(command, patience))


def paste(text: str) -> Token:
    """The first line of `text` as a token. Raises a ConfigError if it cannot be one."""
    token = Token.paste(next((line for line in text.split("\n") if line.strip()), ""))
    token.check()
    return token


def _from_env(variable: str) -> str:
    text = os.environ.get(variable, "")
    if not text:
        raise TokenMissingError(variable)
    return text


def _from_file(path: Path) -> str:
    try:
        with open_regular(path) as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise TokenExposedError(path, mode)
            return read_all(file, _LIMIT).decode(errors="replace")
    except (OSError, ValueError) as error:
        raise TokenFileError(path, why(error)) from None


def _from_command(command: tuple[str, ...], patience: float) -> str:
    program = command[0]
    try:
        done = run(command, patience, discard_stderr=True)
    except (OSError, ValueError) as error:
        raise TokenCommandError(program, f"cannot be run: {why(error)}") from None
    except subprocess.TimeoutExpired:
        raise TokenCommandError(program, f"took longer than {patience:.3g} s") from None
    if done.returncode:
        raise TokenCommandError(program, f"failed with status {done.returncode}")
    return done.stdout[:_LIMIT].decode(errors="replace")
