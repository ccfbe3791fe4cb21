"""What is to run: one snapshot, spelled so that it needs nothing of a login shell.

Everything is an absolute path. `-P` keeps the directory it starts in (the home
directory, under cron) out of Python's search path.
"""

import os
import pwd
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from usage_tracker import fs
from usage_tracker.config.environment import DATABASE
from usage_tracker.config.paths import database_path, state_path
from usage_tracker.config.settings import DEFAULT, Settings
from usage_tracker.errors import ConfigError, TrackerError
from usage_tracker.monitoring.command import Ended, run
from usage_tracker.schedule.files import usable
from usage_tracker.store.location import resolve

LOG = "snapshot.log"


class SecretInCommandError(ConfigError):
    """A database URL with a password would be readable by everyone on the machine."""

    def __init__(self) -> None:
        super().__init__(
            "the database URL holds a password, which a scheduled command would show to everyone: "
            "write it into config.toml (database = ...) instead of --db or TRACKER_DATABASE"
        )


class RehearsalError(TrackerError):
    """The program does not run outside of this shell."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(
            f"{sys.executable} does not find the program outside of this shell ({ended.reason}): "
            "install it (pipx install usage-tracker, or pip install in a virtual environment)"
        )


@dataclass(frozen=True, slots=True)
class Job:
    """The command, word by word, and the file to which its complaints are appended."""

    argv: tuple[str, ...]
    log: Path


def job_for(settings: Settings, environ: Mapping[str, str]) -> Job:
    """The job for `settings`: it names what it would not find without the `environ` of a shell."""
    origins = settings.origins
    named_config = origins["config"] != DEFAULT or _is_moved(environ, "XDG_CONFIG_HOME")
    return snapshot_job(
        state_path() / LOG,
        config=settings.path if named_config and settings.path.exists() else None,
        database=_unfindable(settings, environ),
    )


def snapshot_job(log: Path, config: Path | None = None, database: str | None = None) -> Job:
    """The job that takes a snapshot and tells what changed.

    `config` and `database` are named in it when given: pass them where they are
    not what the program would find by itself.
    """
    argv = [sys.executable, "-P", "-m", "usage_tracker", "snapshot", "--quiet", "--notify"]
    if config is not None:
        argv += ["--config", str(config.absolute())]
    if database is not None:
        argv += ["--db", _spell(database)]
    return Job(tuple(argv), log.absolute())


def rehearse(job: Job) -> None:
    """Start the job's program with cron's bare environment, from the home directory.

    Raises:
        RehearsalError: It does not start so.
    """
    home = str(Path.home())
    bare = {"HOME": home, "PATH": "/usr/bin:/bin", "LOGNAME": os.environ.get("LOGNAME", "")}
    ended = run([*job.argv[:4], "--version"], env=bare, cwd=home)
    if not ended.ok:
        raise RehearsalError(ended)


def prepare_log(job: Job) -> None:
    """Make the log file, readable by its owner alone, before a shell makes it otherwise."""
    with usable(job.log):
        fs.make_directories(job.log.parent)
        os.close(os.open(job.log, os.O_CREAT | os.O_WRONLY, fs.PRIVATE))


def _unfindable(settings: Settings, environ: Mapping[str, str]) -> str | None:
    if settings.origins["database"] == DEFAULT:
        return str(database_path()) if _is_moved(environ, "XDG_DATA_HOME") else None
    return settings.database if settings.origins["database"] in {"--db", DATABASE} else None


def _is_moved(environ: Mapping[str, str], variable: str) -> bool:
    """Whether a directory of the user's is elsewhere than a scheduler would look for it."""
    home = environ.get("HOME")
    return bool(environ.get(variable)) or bool(home and home != _home())


def _home() -> str:
    """The user's home as cron and systemd know it, whatever the shell says."""
    return pwd.getpwuid(os.getuid()).pw_dir


def _spell(database: str) -> str:
    location = resolve(database)
    if not location.is_sqlite and location.name != str(location):
        raise SecretInCommandError
    return location.name
