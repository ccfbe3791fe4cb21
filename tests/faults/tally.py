"""How often each fault was injected, and what came of it, for the summary of the test run.

A plug-in of pytest: the workers of a parallel run hand their counts to the run.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest


class Tally:
    """Counts by family of faults."""

    def __init__(self) -> None:
        self._families: dict[str, Counter[str]] = {}

    def add(self, family: str, **counts: int) -> None:
        """Add `counts` to those of `family`; their names are words for the reader."""
        self._families.setdefault(family, Counter()).update(counts)

    def counts(self) -> dict[str, dict[str, int]]:
        """All of them, by family."""
        return {family: dict(counts) for family, counts in self._families.items()}

    def lines(self) -> Iterator[str]:
        """A line for each family, and one for all kills."""
        width = max(map(len, self._families), default=0)
        for family, counts in sorted(self._families.items()):
            told = ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in counts.items())
            yield f"{family.ljust(width)}  {told}"
        kills = sum(counts["kills"] for counts in self._families.values())
        if kills:
            yield f"{'in all'.ljust(width)}  {kills} kills"


_TALLY = pytest.StashKey[Tally]()


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """What is told at the end of the test run."""
    return request.config.stash[_TALLY]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLY] = Tally()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["faults"] = session.config.stash[_TALLY].counts()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for family, counts in getattr(node, "workeroutput", {}).get("faults", {}).items():
        node.config.stash[_TALLY].add(family, **counts)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    lines = list(config.stash[_TALLY].lines())
    if lines:
        terminalreporter.section("faults injected")
        for line in lines:
            terminalreporter.line(line)
