"""The usage history of an AIHubMix account (or of one at a relative of it).

import usage_tracker as ut

ut.accounts()                    # a DataFrame: what there is
history = ut.load()              # or ut.History.from_frame(df)
history.spend(by="day")          # a DataFrame
history.forecast().median        # when it runs out
ut.report(history)               # everything that `tracker report` shows
ut.plot(history)                 # a matplotlib Figure
everyone = ut.load_all()         # several accounts by name; report and plot take them, too
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from usage_tracker.api import accounts, load, load_all, plot, report
    from usage_tracker.histories import Histories
    from usage_tracker.history import History

__version__ = "0.1.0"
__all__ = [
    "Histories", "History", "__version__", "accounts", "load", "load_all", "plot", "report",
]  # fmt: skip

_HOMES = {
    "Histories": "histories",
    "History": "history",
    **dict.fromkeys(("accounts", "load", "load_all", "plot", "report"), "api"),
}


def __dir__() -> list[str]:
    """What there is for a notebook."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """What the notebook asks for, imported when it is: pandas would slow every command."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
