"""The marks of what happened besides spending: a shape for each kind of event.

They are the terminal's: a triangle that points up for a top-up, to the left for a
refund, a diamond for an adjustment, and a cross for a counter's reset.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from usage_tracker import formatting
from usage_tracker.reporting.model import ReportedEvent

# Corners, from -1 to 1 to the right and upwards.
OUTLINES: dict[str, tuple[tuple[float, float], ...]] = {
    "top_up": ((-1, -0.8), (1, -0.8), (0, 1)),
    "refund": ((0.8, -1), (0.8, 1), (-1, 0)),
    "adjustment": ((0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0)),
    "reset": (
        (0, -0.4), (0.6, -1), (1, -0.6), (0.4, 0), (1, 0.6), (0.6, 1),
        (0, 0.4), (-0.6, 1), (-1, 0.6), (-0.4, 0), (-1, -0.6), (-0.6, -1),
    ),
}  # fmt: skip
MONEY_IN = ("top_up", "refund")


@dataclass(frozen=True, slots=True)
class Mark:
    """All events of one `kind` in a period; `usd` is what they moved the balance by, if at all."""

    kind: str
    usd: float | None

    @property
    def told(self) -> str:
        """`top-up +$100.00`, `counter reset`."""
        name = formatting.event(self.kind)
        return name if self.usd is None else f"{name} {formatting.signed(self.usd)}"


def marks(events: Iterable[ReportedEvent], unit: int) -> tuple[Mark, ...]:
    """One mark for each kind of `events`, in the order of OUTLINES."""
    worth: dict[str, list[int | None]] = {}
    for event in events:
        worth.setdefault(event.kind, []).append(event.quota)
    return tuple(Mark(kind, _sum(worth[kind], unit)) for kind in OUTLINES if kind in worth)


def _sum(quotas: Iterable[int | None], unit: int) -> float | None:
    known = [quota for quota in quotas if quota is not None]
    return sum(known) / unit if known else None
