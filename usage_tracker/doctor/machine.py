"""The machine: who may read what, room on the disk, and whether anything runs by itself."""

import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from usage_tracker.config.paths import state_path
from usage_tracker.config.settings import Settings
from usage_tracker.config.zone import zone_named
from usage_tracker.doctor.diagnostic import Symptom, failed, note, well, wrong
from usage_tracker.errors import TrackerError
from usage_tracker.formatting import plain, timezone
from usage_tracker.fs import is_there, open_regular, read_tail
from usage_tracker.schedule import Scheduler, in_place, require_means
from usage_tracker.schedule.job import LOG
from usage_tracker.store.location import resolve
from usage_tracker.times import zone_name

LEAST_ROOM = 100 * 1024 * 1024
LARGEST_LOG = 10 * 1024 * 1024
_DAY = 86_400
_TAIL = 2000
_OTHERS = 0o077


def examine_machine(settings: Settings) -> Iterator[Symptom]:
    """Time zone, permissions, disk, schedule and log."""
    yield _zone(settings)
    location = resolve(settings.database)
    if is_there(settings.path):
        yield _permissions("configuration", settings.path)
    if location.is_sqlite and is_there(location.path):
        yield _permissions("database file", location.path)
        yield from _room(location.path.parent)
    yield from _schedule(settings)
    yield from _log(state_path() / LOG)


def _zone(settings: Settings) -> Symptom:
    try:
        name = zone_name(zone_named(settings.timezone))
    except TrackerError as error:
        return failed("time zone", error)
    return well("time zone", f"days begin and end as in {timezone(name)}")


def _permissions(subject: str, path: Path) -> Symptom:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        why = error.strerror or "unknown error"
        return wrong(subject, f"cannot look at {path}: {why}", "see the permissions of its folders")
    if os.name == "posix" and mode & _OTHERS:
        return wrong(subject, f"{path} is open to others (mode {mode:04o})", _on(path, "chmod 600"))
    if not os.access(path, os.R_OK | os.W_OK):
        return wrong(subject, f"{path} may not be read and written", _on(path, "chown $USER"))
    return well(subject, f"{path} is yours alone")


def _on(path: Path, command: str) -> str:
    return f"{command} {quote(str(path))}"


def _room(directory: Path) -> Iterator[Symptom]:
    try:
        free = shutil.disk_usage(directory).free
    except OSError:  # what may not be looked at has been told already
        return
    text = f"{free / 1024**3:.1f} GiB free in {directory}"
    if free >= LEAST_ROOM:
        yield well("disk", text)
    else:
        yield wrong("disk", text, "make room: a full disk takes no snapshots")


def _schedule(settings: Settings) -> Iterator[Symptom]:
    try:
        found = in_place()
        for scheduler in found:
            yield _runs(scheduler)
            require_means(settings, scheduler.variables())
    except TrackerError as error:
        yield failed("schedule", error)
        return
    if not found:
        cure = "run `tracker schedule install`, unless something else does it"
        yield note("schedule", "neither cron nor systemd takes snapshots for this user", cure)


def _runs(scheduler: Scheduler) -> Symptom:
    concern = scheduler.concern()
    if concern:
        return wrong("schedule", f"in place for {scheduler.kind}, without effect", concern)
    if sys.executable not in (scheduler.installed() or ""):
        cure = "if this one counts, run `tracker schedule install` again"
        return note("schedule", f"{scheduler.kind} runs another installation than this one", cure)
    return well("schedule", f"in place ({scheduler.kind})")


def _log(path: Path) -> Iterator[Symptom]:
    try:
        with open_regular(path) as file:
            state = os.fstat(file.fileno())
            tail = read_tail(file, _TAIL).decode("utf-8", "replace").strip().splitlines()
    except (OSError, ValueError):
        return
    if tail and time.time() - state.st_mtime < _DAY:
        last = plain(" | ".join(tail[-2:]), 200)
        yield note("log", f"a scheduled run complained today: {last}", f"read {path}")
    if state.st_size > LARGEST_LOG:
        yield note("log", f"{path} is large ({state.st_size >> 20} MiB)", _on(path, "rm"))
