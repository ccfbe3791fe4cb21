"""What one's shell knows and a scheduler does not: the environment.

cron starts a command with little more than HOME and a short PATH. A token that is
only in a variable of the shell is not there, nor is a proxy.
"""

import os
import shlex
import shutil
from collections.abc import Collection, Iterator, Mapping

from usage_tracker.config.accounts import TokenFromCommand, TokenFromEnv
from usage_tracker.config.settings import Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.errors import ConfigError

_MATTERS = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
)


class UnseenTokenError(ConfigError):
    """A token comes from a variable that the scheduler does not pass on."""

    def __init__(self, account: str, variable: str) -> None:
        super().__init__(
            f"the token of {account!r} comes from {variable}, which a scheduled command does not "
            f"see: `tracker init` (or `tracker accounts set-token {shlex.quote(account)}`) keeps "
            "it in a file that only you can read"
        )


class UnseenProgramError(ConfigError):
    """A configured command is not where the scheduler looks for programs."""

    def __init__(self, key: str, program: str, path: str) -> None:
        here = shutil.which(program)
        super().__init__(
            f"{key} runs {program!r}, which is not found when scheduled (PATH is {path}): "
            + (f"write {here} in the configuration" if here else "give its whole path")
        )


def require_means(settings: Settings, variables: Mapping[str, str]) -> None:
    """See that a job that has only `variables` can do its work.

    Raises:
        UnseenTokenError: A token is in a variable that is not among them.
        UnseenProgramError: A configured command is not on their PATH.
    """
    for account in settings.accounts:
        if isinstance(account.token, TokenFromEnv) and account.token.variable not in variables:
            raise UnseenTokenError(account.name, account.token.variable)
    path = variables["PATH"]
    for key, program in _programs(settings):
        if os.sep not in program and shutil.which(program, path=path) is None:
            raise UnseenProgramError(key, program, path)


def _programs(settings: Settings) -> Iterator[tuple[str, str]]:
    for account in settings.accounts:
        if isinstance(account.token, TokenFromCommand):
            yield f"token_command of {account.name!r}", account.token.command[0]
    for program in Channels.read(settings.document).command[:1]:
        yield "command of [notify]", program


def unseen(environ: Mapping[str, str], known: Collection[str]) -> tuple[str, ...]:
    """The variables of `environ` that matter to a snapshot and are not among the `known`."""
    passed = {name.upper() for name in known}
    here = {name.upper(): name for name in environ if environ[name]}
    return tuple(here[name] for name in _MATTERS if name in here and name not in passed)
