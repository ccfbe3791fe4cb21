"""The environment of subprocesses: without the variables that hold keys."""

import os
from collections.abc import Iterable

_withheld: set[str] = set()


def withhold(variables: Iterable[str]) -> None:
    """Withhold the environment variables called `variables` from every later subprocess."""
    _withheld.update(variables)


def child_environment() -> dict[str, str]:
    """Return this process's environment without the withheld variables."""
    return {name: value for name, value in os.environ.items() if name not in _withheld}
