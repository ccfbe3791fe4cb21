"""Spend since a recent moment, by the ledger of the last snapshots (see `recent_spend`)."""

from collections.abc import Sequence

import numpy as np

from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.build import build_ledger
from usage_tracker.ledger.uncertainty import LONGEST
from usage_tracker.store.recent_spend import RecentSpend, Row
from usage_tracker.times import DAY

CONTEXT = 14 * DAY
"""The days before a moment that the ledger must know."""


def spent_since(rows: Sequence[Row], since: int, now: int) -> RecentSpend | None:
    """Return the spend since the moment `since` (UTC ms), as a report has it.

    `rows` must begin `CONTEXT` before `since`. None where no interval between two snapshots
    reaches into that time.
    """
    times, quota, used = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    ledger = build_ledger(SnapshotArrays(times, quota, used))
    times, moments = ledger.readings.times, np.array([since, now], dtype=np.int64)
    start = max(int(np.searchsorted(times, since, side="right")) - 1, 0)
    if len(times) - start <= 1:
        return None
    first, second = times[start : start + 2].tolist()
    spent, drawn = (np.diff(curve.whole_at(moments)) for curve in (ledger.curve, ledger.drawn))
    before, held = ledger.drawn.spent[start : start + 2].tolist()
    earlier = int(ledger.drawn.whole_at(moments)[0]) - before
    in_gap = any(e.kind == "gap" and e.after < since < e.at for e in ledger.events)
    is_long = first < since and second - first > LONGEST * (now - since)
    return RecentSpend(
        units=int(spent[0]),
        drawn=int(drawn[0]),
        length=now - since,
        known=int(times[-1]) - max(first, since),
        in_doubt=max(earlier, held - before - earlier) if in_gap or is_long else 0,
    )
