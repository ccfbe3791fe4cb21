"""Telling people: Apprise URLs and a command.

Neither may do harm: what fails is told in words that hold no URL (a URL is a
secret: its user, its path and its query may be tokens), and nothing is raised.
"""

import importlib
import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from usage_tracker.config.schema import NAME_LIMIT
from usage_tracker.config.thresholds import Channels
from usage_tracker.formatting import plain
from usage_tracker.monitoring.command import TIMED_OUT, run
from usage_tracker.monitoring.findings import Level, Rule
from usage_tracker.monitoring.hysteresis import Notice
from usage_tracker.times import iso

COMMAND_SECONDS = 20.0
_KINDS = {Level.OK: "success", Level.WARNING: "warning", Level.CRITICAL: "failure"}
_NAMES: dict[Rule, str] = {
    "days": "days left",
    "balance": "balance",
    "budget": "monthly budget",
    "spike": "spend of the day",
    "stale": "snapshots",
}
_NOT_INSTALLED = "Apprise is not installed: pip install 'usage-tracker[notify]'"


@dataclass(frozen=True, slots=True)
class Message:
    """A notice about an account, at `at` (UTC ms)."""

    account: str
    notice: Notice
    at: int

    @property
    def title(self) -> str:
        """How bad, whose and what, in a few words."""
        whose = plain(self.account, NAME_LIMIT)
        return f"{self.notice.level.name}: {whose}, {_NAMES[self.notice.rule]}"

    @property
    def body(self) -> str:
        """Why, and what it was before."""
        return f"{plain(self.notice.text, 200)} (was {self.notice.was.name})"

    def payload(self) -> dict[str, Any]:
        """The notice as a command gets it on its standard input."""
        return {
            "schema": "usage-tracker.notice/1",
            "account": self.account,
            "rule": self.notice.rule,
            "level": self.notice.level.name.lower(),
            "was": self.notice.was.name.lower(),
            "since": iso(self.notice.since),
            "at": iso(self.at),
            "title": self.title,
            "text": self.notice.text,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many channels took a message, and what the others came to."""

    reached: int
    problems: tuple[str, ...] = ()


def deliver(message: Message, channels: Channels) -> Delivery:
    """Tell `message` to every channel, once."""
    problems = [*_through_command(message, channels), *_through_apprise(message, channels)]
    failed = tuple(problem for problem in problems if problem)
    return Delivery(len(problems) - len(failed), failed)


def _through_command(message: Message, channels: Channels) -> Iterator[str]:
    """The problem with the command, empty if there was none."""
    if channels.command:
        ended = run(channels.command, json.dumps(message.payload()) + "\n", COMMAND_SECONDS)
        why = ended.reason if ended.code == TIMED_OUT else f"exit code {ended.code}"
        name = PurePath(channels.command[0]).name
        yield "" if ended.ok else f"command {name!r} failed: {why}"


def _through_apprise(message: Message, channels: Channels) -> Iterator[str]:
    """The problem with each URL, empty if there was none."""
    if not channels.urls:
        return
    try:
        # An optional extra, and slow to load: only when there is something to tell.
        apprise: Any = importlib.import_module("apprise")
    except ImportError:
        yield from [_NOT_INSTALLED] * len(channels.urls)
        return
    logging.getLogger("apprise").propagate = False  # its warnings quote what a service answered
    for number, url in enumerate(channels.urls, 1):
        problem = _send(apprise, url, message)
        yield f"urls[{number}] ({url.partition('://')[0]}) {problem}" if problem else ""


def _send(apprise: Any, url: str, message: Message) -> str:
    kind = _KINDS[message.notice.level]
    try:
        with warnings.catch_warnings(action="ignore"):
            sender = apprise.Apprise()
            if not sender.add(url):
                return "is not a URL that Apprise understands"
            sent = sender.notify(body=message.body, title=message.title, notify_type=kind)
    except Exception as error:  # noqa: BLE001 (a hundred plug-ins; none may fail a snapshot)
        return f"failed: {type(error).__name__}"
    return "" if sent else "failed"
