"""Spend, credits and balances of spans of time, for one account or many at once.

* Spend in an interval between two snapshots is even over time, so every boundary, the
  window's own included, cuts an interval in proportion. Cumulative spend is rounded at each
  boundary: any cut of a window adds up to it, to the unit.
* What was drawn from the balance is the spend, less what was covered, plus what fell uncounted.
* The balance at a boundary is that of the last snapshot, less what was drawn since.
* An event belongs to the span in which it was seen: start < at <= end.
* A gap, or an interval of more than 1.25 spans, is uncertain: its spend is known, the hour
  of it is not. A span into which one crosses is estimated; its time there is not covered.
* Before the first snapshot and after the last nothing is known.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from usage_tracker.analysis.calendar import timestamps
from usage_tracker.ledger.uncertainty import LONGEST
from usage_tracker.times import to_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

CREDITS: Final = {"top_up": "top_ups", "refund": "refunds", "adjustment": "adjustments"}
"""The kinds of events that move the balance, and the columns that sum them."""

_FLOWS: Final = {"spend": "spent", "covered": "covered", "uncounted": "uncounted"}
"""The amounts of an interval, and the columns of a snapshot that accumulate them."""

_SUMS: Final = [*_FLOWS, "requests", *CREDITS.values()]


def spans(edges: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the spans between ascending `edges`: start, end, longest (certain interval).

    The first and the last period of a window may be cut short; the longest shows how long a
    period is.
    """
    starts, ends = edges[:-1], edges[1:]
    longest = (ends - starts).max() * LONGEST
    return pd.DataFrame({"start": starts, "end": ends, "longest": longest})


def totals(
    snapshots: pd.DataFrame, events: pd.DataFrame, spans: pd.DataFrame, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Return a row for each account and span, by account and start.

    Args:
        snapshots: account, captured_at (UTC), quota, request_count and, cumulative, spent,
            covered and uncounted (Int64), ascending by captured_at; at least those on either
            side of each boundary, and the first and the last of each account.
        events: account, kind, after, at (UTC) and quota (Int64), ascending by at.
        spans: start, end (UTC) and longest, the longest interval that is certain; other
            columns are kept.
        as_of: Time after it does not count for the coverage.

    Returns:
        end; spend, covered, uncounted, drawn, top_ups, refunds, adjustments, requests, opening,
        closing, in_flight (Int64 units, missing where unknown; opening + credits - drawn +
        in_flight = closing); coverage (0 to 1); estimated (bool); known (the share of the span
        from the first to the last snapshot); in_doubt (Int64, the most units that uncertain
        intervals at the edges could add or take).
    """
    snapshots, events, wanted = (_in_ms(frame) for frame in (snapshots, events, spans))
    history = snapshots.groupby("account", sort=False)["captured_at"].agg(["min", "max"])
    frame = history.reset_index().merge(wanted, how="cross")
    opening, closing = _boundaries(snapshots, events, history.index, wanted)
    touched = (frame["min"] < frame["max"]) & (frame["min"] < frame["end"])
    touched &= frame["max"] > frame["start"]
    sums = closing[_SUMS] - opening[_SUMS]
    sums["requests"] = sums["requests"].where(sums["requests"] >= 0)
    result = frame.drop(columns=["min", "max", "longest"])
    result[_SUMS] = sums.where(touched)
    result["drawn"] = _drawn({name: result[name] for name in _FLOWS})
    result["opening"] = opening["quota"].where(closing["seen"])
    result["closing"] = closing["quota"].where(closing["seen"])
    credited = result["top_ups"] + result["refunds"] + result["adjustments"]
    result["in_flight"] = result["closing"] - result["opening"] - credited + result["drawn"]
    late, early = (boundary["crossing"] > frame["longest"] for boundary in (opening, closing))
    at_start, at_end = opening["in_gap"] | late, closing["in_gap"] | early
    known, certain = _known_time(frame, opening, closing, late, early)
    length = frame["end"] - frame["start"]
    passed = length.clip(upper=to_ms(as_of) - frame["start"])
    result["known"] = (known / length).where(touched, 0.0)
    result["coverage"] = (certain / passed).where(touched, 0.0).clip(0, 1)
    result["estimated"] = (at_start | at_end | _has_reset(frame, events)) & touched
    doubts = opening["in_doubt"].where(at_start, 0), closing["in_doubt"].where(at_end, 0)
    result["in_doubt"] = doubts[0] + doubts[1]
    for edge in ("start", "end"):
        result[edge] = timestamps(result[edge].to_numpy())
    return result.set_index(["account", "start"])


def _boundaries(
    snapshots: pd.DataFrame, events: pd.DataFrame, accounts: pd.Index, spans: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is known at the starts, and at the ends, of each account's spans, in order."""
    moments = np.union1d(spans["start"], spans["end"])
    grid = pd.DataFrame(
        {"account": np.tile(accounts, len(moments)), "at": np.repeat(moments, len(accounts))}
    ).astype({"account": accounts.dtype})
    parts = [_counters(grid, snapshots), _credits(grid, events), _gaps(grid, events)]
    states = pd.concat(parts, axis=1)
    number = np.arange(len(accounts)).repeat(len(spans))
    starts, ends = (
        np.tile(moments.searchsorted(spans[edge]) * len(accounts), len(accounts)) + number
        for edge in ("start", "end")
    )
    return states.iloc[starts].reset_index(drop=True), states.iloc[ends].reset_index(drop=True)


def _counters(grid: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """Return the counters at each account and moment of `grid`.

    Cumulative spend and requests; quota; seen, whether a snapshot was taken by then; before
    and after, when the snapshots on either side were; crossing, how long the interval is
    that crosses the moment; in_doubt, the most by which the spend can be off. Before the first
    snapshot the counters are those of the first.
    """
    rows = snapshots.assign(taken=snapshots["captured_at"]).rename(columns={"captured_at": "at"})
    before = pd.merge_asof(grid, rows, on="at", by="account")
    after = pd.merge_asof(
        grid, rows, on="at", by="account", direction="forward", allow_exact_matches=False
    )
    seen = before["taken"].notna()
    if not seen.all():  # column by column: a whole frame takes long, and loses units above 2^53
        for name in before:
            before[name] = before[name].where(seen, after[name])
    crosses = seen & (before["taken"] < grid["at"]) & after["taken"].notna()
    length = after["taken"] - before["taken"]
    share = ((grid["at"] - before["taken"]) / length).where(crosses, 0.0)
    held = {
        name: (after[column] - before[column]).where(crosses, 0) for name, column in _FLOWS.items()
    }
    since = {name: (units * share).round().astype("Int64") for name, units in held.items()}
    drawn = _drawn(since)
    asked = (after["request_count"] - before["request_count"]).where(crosses, 0)
    return pd.DataFrame(
        {
            **{name: before[column] + since[name] for name, column in _FLOWS.items()},
            "requests": before["request_count"] + (asked * share).round().astype("Int64"),
            "quota": before["quota"] - drawn,
            "seen": seen,
            "before": before["taken"],
            "after": after["taken"],
            "crossing": length.where(crosses, 0),
            "in_doubt": np.maximum(drawn, _drawn(held) - drawn),
        }
    )


def _drawn(flows: "Mapping[str, pd.Series[Any]]") -> "pd.Series[Any]":
    return flows["spend"] - flows["covered"] + flows["uncounted"]


def _credits(grid: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the credits of each kind seen up to each account and moment of `grid`."""
    found = events[events["kind"].isin(CREDITS)]
    sums = {
        name: found["quota"].where(found["kind"] == kind, 0).groupby(found["account"]).cumsum()
        for kind, name in CREDITS.items()
    }
    running = found[["account", "at"]].assign(**sums)
    return pd.merge_asof(grid, running, on="at", by="account")[list(sums)].fillna(0)


def _gaps(grid: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the time in gaps up to each account and moment, and whether it is in one.

    Time in two gaps counts once: they overlap where snapshots from inside of one were
    imported later.
    """
    gaps = events.loc[events["kind"] == "gap", ["account", "after", "at"]].sort_values("after")
    ended = gaps.groupby("account")["at"].cummax().groupby(gaps["account"]).shift()
    gaps["after"] = np.fmax(gaps["after"], ended).astype("int64")
    gaps["length"] = (gaps["at"] - gaps["after"]).clip(lower=0)
    gaps["earlier"] = gaps.groupby("account")["length"].cumsum() - gaps["length"]
    gaps = gaps.rename(columns={"at": "until"}).sort_values("after")
    last = pd.merge_asof(grid, gaps, left_on="at", right_on="after", by="account")
    return pd.DataFrame(
        {
            "in_gap": (last["after"] < last["at"]) & (last["at"] < last["until"]),
            "gaps": last["earlier"] + np.minimum(last["at"] - last["after"], last["length"]),
        }
    ).fillna({"gaps": 0})


def _known_time(
    frame: pd.DataFrame,
    opening: pd.DataFrame,
    closing: pd.DataFrame,
    late: "pd.Series[bool]",
    early: "pd.Series[bool]",
) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """Return the time between the first and last snapshot in each span, and what is certain of it.

    `late` and `early` are where a long interval crosses the start and the end.
    """
    start, end = frame["start"], frame["end"]
    last, first = frame["max"], frame["min"]
    known = last.where(last < end, end) - first.where(first > start, start)
    late &= ~opening["in_gap"]
    early &= ~closing["in_gap"] & ~(late & (opening["before"] == closing["before"]))
    head = (np.minimum(opening["after"], end) - start).where(late, 0)
    tail = (end - np.maximum(closing["before"], start)).where(early, 0)
    return known, known - (closing["gaps"] - opening["gaps"]) - head - tail


def _has_reset(frame: pd.DataFrame, events: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether a part of an interval with a counter reset lies in each span."""
    found = pd.Series(data=False, index=frame.index)
    for reset in events[events["kind"] == "reset"].itertuples():
        mine = frame["account"] == reset.account
        found |= mine & (frame["start"] < reset.at) & (frame["end"] > reset.after)
    return found


def _in_ms(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its moments and lengths in ms, with which pandas computes faster."""
    times = frame.select_dtypes(["datetimetz", "timedelta"]).columns
    return frame.assign(
        **{f"{name}": frame[name].dt.as_unit("ms").astype("int64") for name in times}
    )
