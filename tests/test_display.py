import subprocess
import sys

import pytest

from usage_tracker.display import Displayed


@pytest.mark.parametrize(
    "module", ["forecast.depletion", "forecast.backtest", "reporting.model", "history"]
)
def test_what_can_be_displayed_does_not_bring_its_looks_along(module: str) -> None:
    program = f"import sys, usage_tracker.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert f"usage_tracker.{module}" in loaded
    assert not {"usage_tracker.render", "matplotlib", "IPython"} & set(loaded)


def test_a_value_of_no_known_kind_is_shown_as_its_repr() -> None:
    class Odd(Displayed):
        def __repr__(self) -> str:
            return "<odd>"

    assert Odd()._repr_html_() == "<pre>&lt;odd&gt;</pre>"
