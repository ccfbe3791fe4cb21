"""The scheduled command, its interval and its environment.

A scheduler starts the command without a login shell: with little more than HOME and a
short PATH, in the home directory. So all paths are absolute, `-P` keeps the current
directory out of Python's search path, and a token that is only in a variable of the
shell is refused.
"""

import os
import pwd
import shlex
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from usage_tracker.config.accounts import TokenFromCommand, TokenFromEnv
from usage_tracker.config.paths import database_path, log_path
from usage_tracker.config.settings import DATABASE_VARIABLE, DEFAULT, Settings
from usage_tracker.config.thresholds import Channels
from usage_tracker.errors import ConfigError, MisuseError, TrackerError
from usage_tracker.process import Result, run_text
from usage_tracker.store.location import resolve
from usage_tracker.times import DAY, HOUR, MINUTE, parse_duration

WEEK = 7 * DAY
_UNITS = ((WEEK, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m"))
_MINUTES = tuple(n * MINUTE for n in range(1, 60) if 60 % n == 0)
_HOURS = tuple(n * HOUR for n in range(1, 24) if 24 % n == 0)
ALLOWED = (*_MINUTES, *_HOURS, DAY, WEEK)
"""Divisors of the hour, the day or the week: in cron `*/7` would be minutes 56, 0, 7."""

_NETWORK_VARIABLES = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
)


DRY_RUN_SECONDS = 60.0
"""Time for a dry run: a token command of each account may take its own time."""


class UnevenIntervalError(MisuseError):
    """An interval that does not divide the hour, the day or the week."""

    def __init__(self, text: str, nearest: str) -> None:
        super().__init__(f"cannot run every {text[:20]}: the nearest possible is {nearest}")


class SecretInCommandError(ConfigError):
    """A database URL with a password, which every user of the machine could read."""

    def __init__(self) -> None:
        super().__init__(
            "the database URL contains a password, which a scheduled command would show to "
            "every user: write it into config.toml (database = ...) instead of --db or "
            "TRACKER_DATABASE"
        )


class TokenUnavailableError(ConfigError):
    """A token in a variable that the scheduler does not pass on."""

    def __init__(self, account: str, variable: str) -> None:
        super().__init__(
            f"the token of {account!r} comes from {variable}, which a scheduled command does not "
            f"see: `tracker init` (or `tracker accounts set-token {shlex.quote(account)}`) stores "
            "it in a file that only you can read"
        )


class ProgramUnavailableError(ConfigError):
    """A configured program that is not on the scheduler's PATH."""

    def __init__(self, key: str, program: str, path: str) -> None:
        here = shutil.which(program)
        super().__init__(
            f"{key} runs {program!r}, which is not found when scheduled (PATH is {path}): "
            + (f"write {here} in the configuration" if here else "give its full path")
        )


class DryRunError(TrackerError):
    """The scheduled command does not work outside this shell."""

    def __init__(self, ended: Result) -> None:
        own = ended.reason.startswith("tracker: ")
        cure = "install it into a virtual environment, or with `pipx install` or `uv tool install`"
        super().__init__(
            f"the command would fail outside this shell: {ended.reason.removeprefix('tracker: ')}"
            if own
            else f"{sys.executable} does not find the program outside this shell "
            f"({ended.reason}): {cure}"
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """One of the `ALLOWED` intervals, in milliseconds."""

    ms: int

    @classmethod
    def parse(cls, text: str) -> "Interval":
        """Parse `10m`, `1h`, `1d`; `60m` is `1h`. Raises UnevenIntervalError."""
        ms = parse_duration(text)
        if ms not in ALLOWED:
            below = [allowed for allowed in ALLOWED if allowed < ms][-1:]
            above = [allowed for allowed in ALLOWED if allowed > ms][:1]
            raise UnevenIntervalError(text, " or ".join(str(cls(n)) for n in (*below, *above)))
        return cls(ms)

    def __str__(self) -> str:
        unit, letter = next((u, x) for u, x in _UNITS if self.ms % u == 0)
        return f"{self.ms // unit}{letter}"

    def cron(self, minute: int) -> str:
        """Return the five fields of a crontab line, shifted to `minute` (0-59) of the hour."""
        if self.ms < HOUR:
            step = self.ms // MINUTE
            first = minute % step
            start = f"{first}-59" if first else "*"
            return f"{start if step == 1 else f'{start}/{step}'} * * * *"
        if self.ms < DAY:
            hours = self.ms // HOUR
            return f"{minute} {'*' if hours == 1 else f'*/{hours}'} * * *"
        return f"{minute} 0 * * {'*' if self.ms == DAY else '1'}"

    def calendar(self) -> str:
        """Return the `OnCalendar=` of a systemd timer."""
        if self.ms < HOUR:
            return f"*-*-* *:00/{self.ms // MINUTE}:00"
        if self.ms < DAY:
            return f"*-*-* 00/{self.ms // HOUR}:00:00"
        return "*-*-* 00:00:00" if self.ms == DAY else "Mon *-*-* 00:00:00"


@dataclass(frozen=True, slots=True)
class Job:
    """The command, word by word, and the file to which its errors are appended."""

    argv: tuple[str, ...]
    log: Path


def create_job(settings: Settings, environ: Mapping[str, str]) -> Job:
    """Return the job for `settings`, with options for what it finds only by the `environ`."""
    named = settings.origins["config"] != DEFAULT or _is_moved(environ, "XDG_CONFIG_HOME")
    return snapshot_job(
        log_path(),
        config=settings.path if named and settings.path.exists() else None,
        database=_database_option(settings, environ),
    )


def snapshot_job(log: Path, config: Path | None = None, database: str | None = None) -> Job:
    """Return the job that takes snapshots and sends notices.

    Raises:
        SecretInCommandError: `database` contains a password.
    """
    argv = [sys.executable, "-P", "-m", "usage_tracker", "snapshot", "--quiet", "--notify"]
    if config is not None:
        argv += ["--config", str(config.absolute())]
    if database is not None:
        location = resolve(database)
        if location.has_password:
            raise SecretInCommandError
        argv += ["--db", location.name]
    return Job(tuple(argv), log.absolute())


def _database_option(settings: Settings, environ: Mapping[str, str]) -> str | None:
    origin = settings.origins["database"]
    if origin == DEFAULT:
        return str(database_path()) if _is_moved(environ, "XDG_DATA_HOME") else None
    return settings.database if origin in {"--db", DATABASE_VARIABLE} else None


def _is_moved(environ: Mapping[str, str], variable: str) -> bool:
    """Return whether `variable` or HOME leads the shell to another directory."""
    home = environ.get("HOME")
    return bool(environ.get(variable)) or bool(home and home != _home())


def _home() -> str:
    """Return the user's home directory as cron and systemd know it."""
    return pwd.getpwuid(os.getuid()).pw_dir


def dry_run(job: Job, variables: Mapping[str, str]) -> None:
    """Run the job's command as its scheduler would, with `--dry-run`.

    That is from the home directory, with `variables` and no others, and without a shell.

    Raises:
        DryRunError: It does not start, or finds no settings, key or place for the database.
    """
    user = pwd.getpwuid(os.getuid())
    environ = {"HOME": user.pw_dir, "LOGNAME": user.pw_name, **variables}
    words = [*job.argv, "--dry-run"]
    ended = run_text(words, seconds=DRY_RUN_SECONDS, env=environ, cwd=user.pw_dir)
    if not ended.ok:
        raise DryRunError(ended)


def require_environment(settings: Settings, variables: Mapping[str, str]) -> None:
    """Check that a job finds its tokens and programs with `variables` alone.

    Raises:
        TokenUnavailableError: The variable of a token is missing.
        ProgramUnavailableError: A configured program is not on PATH.
    """
    for account in settings.accounts:
        if isinstance(account.token, TokenFromEnv) and account.token.variable not in variables:
            raise TokenUnavailableError(account.name, account.token.variable)
    path = variables["PATH"]
    for key, program in _programs(settings):
        if os.sep not in program and shutil.which(program, path=path) is None:
            raise ProgramUnavailableError(key, program, path)


def _programs(settings: Settings) -> Iterator[tuple[str, str]]:
    for account in settings.accounts:
        if isinstance(account.token, TokenFromCommand):
            yield f"token_command of {account.name!r}", account.token.command[0]
    for program in Channels.read(settings.document).command[:1]:
        yield "command of [notify]", program


def missing_variables(environ: Mapping[str, str], known: Collection[str]) -> tuple[str, ...]:
    """Return the proxy and certificate variables of `environ` that are not among the `known`."""
    passed = {name.upper() for name in known}
    here = {name.upper(): name for name in environ if environ[name]}
    return tuple(here[name] for name in _NETWORK_VARIABLES if name in here and name not in passed)
