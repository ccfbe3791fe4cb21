"""The subprocess that sends notices by Apprise.

Apprise has no deadline that covers everything: a service that answers a byte at a time
takes for ever. Here it takes a thread of a process that ends at its own deadline.

stdin has `{"seconds", "urls", "messages"}`, stdout `{problem: [numbers of messages]}`:
message m to URL u has the number m * len(urls) + u, and those without a problem are absent.
"""

import importlib
import json
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

NOT_ENDED = "failed: not sent in time"
_THREADS = 4
"""Threads for each URL, so that one service takes no time from another."""


def main() -> None:
    """Send what stdin asks for; write the problems to stdout."""
    warnings.simplefilter("ignore")  # of plug-ins
    request = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):  # a plug-in may print
        problems = send(request["urls"], request["messages"], request["seconds"])
    json.dump(problems, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # without waiting for the threads


def send(
    urls: Sequence[str], messages: Sequence[Mapping[str, str]], seconds: float
) -> dict[str, list[int]]:
    """Send `messages` to `urls` within `seconds`; return the problems as `main` writes them."""
    apprise: Any = importlib.import_module("apprise")  # slow, and an optional extra
    logging.getLogger("apprise").propagate = False  # its warnings quote what a service answered
    apprise.Apprise().add("json://localhost")  # loads its plug-ins: slow, too
    end = time.monotonic() + seconds
    outcomes: dict[int, str | None] = {}
    waiting = [enumerate(messages) for _ in urls]

    def work(at: int) -> None:
        for number, message in waiting[at]:
            if time.monotonic() >= end:
                return
            outcomes[number * len(urls) + at] = _send(apprise, urls[at], message)

    threads = [
        threading.Thread(target=work, args=(at,), daemon=True)
        for at in range(len(urls))
        for _ in range(min(_THREADS, len(messages)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return _grouped(outcomes.copy(), len(urls) * len(messages))


def _grouped(outcomes: Mapping[int, str | None], count: int) -> dict[str, list[int]]:
    problems: dict[str, list[int]] = {}
    for number in range(count):
        problem = outcomes.get(number, NOT_ENDED)
        if problem is not None:
            problems.setdefault(problem, []).append(number)
    return problems


def _send(apprise: Any, url: str, message: Mapping[str, str]) -> str | None:
    try:
        sender = apprise.Apprise()
        if not sender.add(url):
            return "is not a URL that Apprise supports"
        sent = sender.notify(**message)
    except Exception as error:  # noqa: BLE001 (a hundred plug-ins; none may stop the others)
        return f"failed: {type(error).__name__}"
    return None if sent else "failed"


if __name__ == "__main__":
    main()
