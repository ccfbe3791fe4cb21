"""Delivery of notices by Apprise and by a command, all of them within one deadline.

Apprise runs in a subprocess (`apprise_child`): its plug-ins have no deadline that covers
everything. Problems are returned as text, never raised, and hold no URL: the user, path
and query of a URL may be secrets.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import PurePath

from usage_tracker.config.thresholds import Channels
from usage_tracker.installation import install_command
from usage_tracker.monitoring.apprise_child import NOT_ENDED
from usage_tracker.monitoring.notice import Notice
from usage_tracker.process import COULD_NOT_START, run
from usage_tracker.store.alerts import Level

SECONDS = 20.0
"""Time for the delivery of all notices of a run."""

_START_SECONDS = 5.0
"""More time for the subprocess, which must import Apprise first."""

_COMMANDS = 4
_CHILD = "usage_tracker.monitoring.apprise_child"
_APPRISE_TYPES = {Level.OK: "success", Level.WARNING: "warning", Level.CRITICAL: "failure"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """The number of channels that accepted a notice, and the problems of the others."""

    reached: int
    problems: tuple[str, ...] = ()


def deliver(notices: Sequence[Notice], channels: Channels) -> list[Delivery]:
    """Send each of `notices` to every channel, once, within SECONDS; return their deliveries."""
    end = time.monotonic() + SECONDS
    # A channel that is slow takes no time from another one.
    with ThreadPoolExecutor(_COMMANDS + 1) as pool:
        sent = pool.submit(_send_by_apprise, notices, channels.urls)
        commands = [channels.command] if channels.command else []
        ran = [
            [pool.submit(_run_command, each, words, end) for words in commands] for each in notices
        ]
        return [
            _delivery([*(future.result() for future in futures), *problems])
            for futures, problems in zip(ran, sent.result(), strict=True)
        ]


def _delivery(outcomes: Sequence[str | None]) -> Delivery:
    problems = tuple(filter(None, outcomes))
    return Delivery(len(outcomes) - len(problems), problems)


def _run_command(notice: Notice, command: Sequence[str], end: float) -> str | None:
    """Return the problem of the command, None if there is none."""
    name = PurePath(command[0]).name
    seconds = end - time.monotonic()
    if seconds <= 0:
        return f"command {name!r}: not run in time"
    document = (json.dumps(notice.payload()) + "\n").encode()
    try:
        code = run(
            command, seconds, stdin=document, discard_stdout=True, discard_stderr=True
        ).returncode
    except subprocess.TimeoutExpired:
        return f"command {name!r} failed: no answer within {SECONDS:g} s"
    except (OSError, ValueError):
        code = COULD_NOT_START
    return f"command {name!r} failed: exit code {code}" if code else None


def _send_by_apprise(notices: Sequence[Notice], urls: Sequence[str]) -> list[list[str | None]]:
    """Return for each notice the problem of each URL, None if there is none."""
    if not urls:
        return [[] for _ in notices]
    if find_spec("apprise") is None:
        missing = f"Apprise is not installed: run `{install_command('notify')}`"
        return [[missing] * len(urls) for _ in notices]
    problems = _run_apprise(notices, urls)
    return [
        [_name(problems.get(first + at), at, url) for at, url in enumerate(urls)]
        for first in range(0, len(notices) * len(urls), len(urls))
    ]


def _name(problem: str | None, at: int, url: str) -> str | None:
    return problem and f"urls[{at + 1}] ({url.partition('://')[0]}) {problem}"


def _run_apprise(notices: Sequence[Notice], urls: Sequence[str]) -> dict[int, str]:
    """Return the problems, by the number of the message: those of the first notice first."""
    messages = [
        {"title": each.title, "body": each.body, "notify_type": _APPRISE_TYPES[each.level]}
        for each in notices
    ]
    request = json.dumps({"seconds": SECONDS, "urls": urls, "messages": messages}).encode()
    # -P: no module is imported from the working directory, which may be another user's.
    argv = [sys.executable, "-P", "-m", _CHILD]
    try:
        done = run(argv, SECONDS + _START_SECONDS, stdin=request, discard_stderr=True)
        problems: dict[str, list[int]] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        problems = {NOT_ENDED: [*range(len(messages) * len(urls))]}
    except (OSError, ValueError):
        problems = {"failed": [*range(len(messages) * len(urls))]}
    return {number: problem for problem, numbers in problems.items() for number in numbers}
