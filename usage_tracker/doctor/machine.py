"""Checks of the machine: time zone, permissions, disk, schedule and log."""

import os
import shlex
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from usage_tracker.config.paths import log_path
from usage_tracker.config.settings import Settings
from usage_tracker.config.zone import SET_TIMEZONE, unnamed, zone_or_local
from usage_tracker.doctor.diagnostic import Diagnostic, from_error, note, ok, problem
from usage_tracker.errors import TrackerError
from usage_tracker.formatting import plain, timezone_name
from usage_tracker.fs import exists, open_regular, read_tail
from usage_tracker.process import run_text
from usage_tracker.schedule.install import installed_schedulers
from usage_tracker.schedule.job import require_environment
from usage_tracker.schedule.scheduler import Scheduler
from usage_tracker.store.location import resolve
from usage_tracker.times import zone_name

MIN_FREE = 100 * 1024 * 1024
MAX_LOG = 10 * 1024 * 1024
_DAY = 86_400
_TAIL = 2000
_GROUP_AND_OTHERS = 0o077


def check_machine(settings: Settings) -> Iterator[Diagnostic]:
    """Check time zone, permissions, disk, schedule and log."""
    yield _check_zone(settings)
    location = resolve(settings.database)
    if exists(settings.path):
        yield _check_permissions("configuration", settings.path)
    if location.is_sqlite and exists(location.path):
        yield _check_permissions("database file", location.path)
        yield from _check_disk(location.path.parent)
    yield from _check_schedule(settings)
    yield from _check_log(log_path())


def _check_zone(settings: Settings) -> Diagnostic:
    try:
        name = zone_name(zone_or_local(settings.timezone))
    except TrackerError as error:
        return from_error("time zone", error)
    days = f"days are those of {timezone_name(name)}"
    if not settings.timezone and (why := unnamed()):
        return note("time zone", f"{why}: {days}", SET_TIMEZONE)
    return ok("time zone", days)


def _check_permissions(subject: str, path: Path) -> Diagnostic:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        text = f"cannot access {path}: {error.strerror or 'unknown error'}"
        return problem(subject, text, "check the permissions of its directories")
    if os.name == "posix" and mode & _GROUP_AND_OTHERS:
        text = f"{path} is accessible to others (mode {mode:04o})"
        return problem(subject, text, _command("chmod 600", path))
    if not os.access(path, os.R_OK | os.W_OK):
        text = f"{path} is not readable and writable by you"
        return problem(subject, text, _command("chown $USER", path))
    return ok(subject, f"{path} is accessible only to you")


def _command(command: str, path: Path) -> str:
    return f"{command} {shlex.quote(str(path))}"


def _check_disk(directory: Path) -> Iterator[Diagnostic]:
    try:
        free = shutil.disk_usage(directory).free
    except OSError:  # the check of permissions has reported it
        return
    text = f"{free / 1024**3:.1f} GiB free in {directory}"
    if free >= MIN_FREE:
        yield ok("disk", text)
    else:
        yield problem("disk", text, "free some space: a full disk stores no snapshots")


def _check_schedule(settings: Settings) -> Iterator[Diagnostic]:
    try:
        found = installed_schedulers()
        for scheduler in found:
            yield _check_scheduler(scheduler)
            require_environment(settings, scheduler.variables())
    except TrackerError as error:
        yield from_error("schedule", error)
        return
    if not found:
        cure = "run `tracker schedule install`, unless another program takes snapshots"
        yield note("schedule", "neither cron nor systemd takes snapshots for this user", cure)


def _check_scheduler(scheduler: Scheduler) -> Diagnostic:
    concern = scheduler.concern()
    if concern:
        return problem("schedule", f"installed ({scheduler.kind}), but it does not run", concern)
    program = _program(scheduler.installed() or "")
    if program != sys.executable:
        if program is None or not run_text([program, "-P", "-c", "import usage_tracker"]).ok:
            text = f"installed ({scheduler.kind}), but {program or 'its command'} cannot run"
            return problem("schedule", text, "run `tracker schedule install` again")
        cure = "to use this one, run `tracker schedule install` again"
        return note(
            "schedule", f"{scheduler.kind} runs another installation of usage-tracker", cure
        )
    return ok("schedule", f"installed ({scheduler.kind})")


def _program(installed: str) -> str | None:
    """Return the interpreter that a crontab line or a unit names."""
    try:
        words = shlex.split(installed.replace(r"\%", "%").replace("%%", "%"))
    except ValueError:
        return None
    paths = (word.removeprefix("ExecStart=") for word in words)
    return next((each for each in paths if each[:1] == "/" and "python" in Path(each).name), None)


def _check_log(path: Path) -> Iterator[Diagnostic]:
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            tail = read_tail(file, _TAIL).decode("utf-8", "replace").strip().splitlines()
    except (OSError, ValueError):
        return
    if tail and time.time() - status.st_mtime < _DAY:
        last = plain(" | ".join(tail[-2:]), 200)
        yield note(
            "log", f"a scheduled run logged an error in the last day: {last}", f"read {path}"
        )
    if status.st_size > MAX_LOG:
        yield note("log", f"{path} is large ({status.st_size >> 20} MiB)", _command("rm", path))
