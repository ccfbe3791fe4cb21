"""What a command imports: modules are counted, for milliseconds are a matter of the machine."""

import subprocess
import sys

import pytest

from tests.cli.conftest import Tracker
from tests.gateway_server import Gateway

HEAVY = {"pandas", "numpy", "rich", "alembic", "matplotlib"}
PROGRAM = """
import sys
from usage_tracker.cli import main
try:
    main()
except SystemExit as end:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), sep="\\n")
    sys.exit(end.code)
"""


def loaded(*words: str) -> set[str]:
    run = [sys.executable, "-c", PROGRAM, *words]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("-h",)])
def test_the_help_loads_click_and_little_else(words: tuple[str, ...]) -> None:
    modules = loaded(*words)
    assert "click" in modules
    assert not modules & (HEAVY | {"sqlalchemy", "requests", "platformdirs", "tzlocal"})


def test_a_command_s_own_help_does_not_load_what_it_runs_on() -> None:
    assert not loaded("report", "--help") & (HEAVY | {"sqlalchemy", "requests"})


@pytest.mark.parametrize("words", [("snapshot",), ("status",), ("status", "-j"), ()])
def test_what_runs_every_few_minutes_stays_light(
    tracker: Tracker, gateway: Gateway, words: tuple[str, ...]
) -> None:
    assert gateway.url
    tracker("snapshot")
    modules = loaded(*words)
    assert "sqlalchemy" in modules
    assert not modules & HEAVY
    assert ("requests" in modules) is (words == ("snapshot",))
