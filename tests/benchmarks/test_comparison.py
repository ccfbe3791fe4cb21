import sys
from pathlib import Path

import pytest

from tests.benchmarks.comparison import Compared, Row, compare
from tests.benchmarks.process import FailedError, Run, run, slowest

PYTHON = sys.executable


def row(**changes: float) -> Row:
    return Row("key", "what", ours=(["true"],), floor=(["true"],), **changes)  # type: ignore[arg-type]


def compared(ours: list[float], floor: list[float], **bounds: float) -> Compared:
    runs = ([Run(seconds, 2000) for seconds in times] for times in (ours, floor))
    return Compared(row(**bounds), Run(9, 9), *runs)


def test_each_run_is_set_against_the_floor_beside_it() -> None:
    busy_at_first = compared([30, 3, 4], [10, 1, 1])
    assert busy_at_first.ratios == [3, 3, 4]
    assert busy_at_first.ratio == 3


@pytest.mark.parametrize("bounds", [{"bound": 2.0}, {"bound": 2.0, "memory": 1.0}])
def test_a_row_holds_when_time_and_memory_keep_their_bounds(bounds: dict[str, float]) -> None:
    assert compared([2], [1], **bounds).holds is True


@pytest.mark.parametrize("bounds", [{"bound": 1.9}, {"bound": 2.0, "memory": 0.9}])
def test_a_row_does_not_hold_when_one_of_them_does_not(bounds: dict[str, float]) -> None:
    assert compared([2], [1], **bounds).holds is False


def test_a_row_without_bounds_is_only_told() -> None:
    assert compared([2], [1]).holds is None


def test_a_command_and_its_floor_take_turns(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def says(word: str) -> tuple[list[str], ...]:
        return (["sh", "-c", f"echo {word} >> {log}"],)

    told = Row("key", "what", says("ours"), says("floor"), prepare=lambda: None)
    done = compare(told, {}, rounds=2)
    assert log.read_text().split() == ["ours", "floor"] * 3
    assert (len(done.ours), len(done.floor)) == (2, 2)


def test_everything_is_prepared_anew_for_each_run() -> None:
    prepared = []
    told = Row("key", "what", (["true"],), (["true"],), prepare=lambda: prepared.append(1))
    compare(told, {}, rounds=3)
    assert len(prepared) == 8


def test_a_process_is_timed_from_its_start_to_its_end(tmp_path: Path) -> None:
    told = run(["sh", "-c", "sleep 0.05; echo done"], {}, tmp_path / "out")
    assert told.seconds > 0.05
    assert (tmp_path / "out").read_text() == "done\n"


def test_the_memory_of_a_process_is_told_at_its_highest() -> None:
    lean, hungry = (run([PYTHON, "-c", f"len(b'x' * {n})"], {}) for n in (1, 400_000_000))
    assert lean.peak < 400_000_000 < hungry.peak


def test_the_memory_of_the_process_that_measures_is_not_told() -> None:
    ballast = b"x" * 400_000_000
    assert run([PYTHON, "-c", ""], {}).peak < len(ballast)


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(FailedError, match="ended with 3: no luck"):
        run(["sh", "-c", "echo no luck >&2; exit 3"], {})


def test_of_several_commands_the_slowest_counts() -> None:
    assert slowest((["true"], ["sleep", "0.05"]), {}).seconds > 0.05
