import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forecast.samples import histories
from usage_tracker import dataframes
from usage_tracker.dataframes import Origin, UnusableFrameError
from usage_tracker.ledger.arrays import UNKNOWN, SnapshotArrays

ORIGIN = Origin("default", 500_000)
MOMENTS = pd.to_datetime(["2026-11-23T13:15:00.123Z", "2026-11-23T13:25:00.000Z"])
WITHIN_ONE = MOMENTS[0] + pd.to_timedelta([0, 400], unit="us")


def frame(**columns: object) -> pd.DataFrame:
    """A good frame, but for `columns`; those that are None are left out."""
    good = {"captured_at": MOMENTS, "quota": [70, 60], "used_quota": [30, 40]}
    return pd.DataFrame({k: v for k, v in (good | columns).items() if v is not None})


def same(one: SnapshotArrays, other: SnapshotArrays) -> bool:
    pairs = ((one.times, other.times), (one.quota, other.quota), (one.used, other.used))
    counts = [r.requests if r.requests is not None else r.times * 0 + UNKNOWN for r in (one, other)]
    return all(np.array_equal(a, b) for a, b in (*pairs, (counts[0], counts[1])))


@given(histories(), st.data())
def test_snapshots_become_a_frame_and_the_frame_the_snapshots(
    readings: SnapshotArrays, data: st.DataObject
) -> None:
    counts = st.lists(st.integers(UNKNOWN, 9), min_size=len(readings), max_size=len(readings))
    requests = data.draw(st.one_of(st.none(), counts))
    counted = None if requests is None else np.array(requests, dtype=np.int64)
    known = SnapshotArrays(readings.times, readings.quota, readings.used, counted)
    shown = dataframes.of_snapshots(known, ORIGIN)
    assert same(dataframes.readings(shown), known)
    assert same(dataframes.readings(shown.reset_index().sample(frac=1, random_state=1)), known)
    assert same(
        dataframes.readings(shown.reset_index().set_index("captured_at", drop=False)), known
    )


def test_every_frame_has_pinned_types_an_aware_index_and_its_units() -> None:
    shown = dataframes.of_snapshots(dataframes.readings(frame()), ORIGIN)
    events = dataframes.of_events((), ORIGIN)
    assert str(shown.index.dtype) == str(events.index.dtype) == "datetime64[ms, UTC]"
    assert [f.index.name for f in (shown, events)] == ["captured_at", "at"]
    assert shown.dtypes.astype(str).to_dict() == {
        "quota": "int64",
        "used_quota": "int64",
        "request_count": "Int64",
    }
    assert events.dtypes.astype(str).to_dict() == {
        "kind": "str",
        "quota": "Int64",
        "usd": "float64",
        "after": "datetime64[ms, UTC]",
        "confirmed": "bool",
    }
    assert shown.attrs == {
        "account": "default",
        "quota_per_unit": 500_000,
        "units": {
            "quota": "gateway units",
            "used_quota": "gateway units",
            "request_count": "requests",
        },
    }


def test_moments_in_any_zone_and_resolution_are_the_same_moments() -> None:
    local = MOMENTS.tz_convert("Asia/Taipei").as_unit("ns")
    assert same(dataframes.readings(frame(captured_at=local)), dataframes.readings(frame()))
    assert dataframes.readings(frame()).times[0] == 1_795_439_700_123


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"quota": None}, "no column quota"),
        ({"quota": None, "used_quota": None}, "no column quota and no column used_quota"),
        ({"captured_at": None}, "no column captured_at"),
        ({"captured_at": MOMENTS.tz_localize(None)}, "not a time with a zone"),
        ({"captured_at": ["2026-11-23T13:15Z", "2026-11-23T13:25Z"]}, "not a time with a zone"),
        ({"captured_at": [MOMENTS[0], pd.NaT]}, "captured_at is missing in a row"),
        ({"captured_at": MOMENTS[[0, 0]]}, "captured_at has 2026-11-23T13:15:00.123Z twice"),
        ({"captured_at": WITHIN_ONE}, "13:15:00.123Z twice; moments are kept to the millisecond"),
        ({"quota": [1.5, 2.0]}, "quota is not a column of whole numbers"),
        ({"quota": [True, False]}, "quota is not a column of whole numbers"),
        ({"used_quota": ["1", "2"]}, "used_quota is not a column of whole numbers"),
        ({"used_quota": pd.array([1, None], dtype="Int64")}, "used_quota is not a column"),
        ({"quota": np.array([1, 2**63], dtype=np.uint64)}, "quota has a number beyond 64 bits"),
        ({"request_count": [1.5, 2.0]}, "request_count is not a column of whole numbers"),
        ({"request_count": ["many", "more"]}, "request_count is not a column of whole numbers"),
        ({"request_count": [2**70, 1]}, "request_count is not a column of whole numbers"),
        ({"request_count": [-5, None]}, "request_count has a number below 0"),
    ],
)
def test_a_frame_that_is_no_history_is_refused_with_its_fault(
    columns: dict[str, object], complaint: str
) -> None:
    with pytest.raises(UnusableFrameError, match=complaint) as refused:
        dataframes.readings(frame(**columns))
    assert "captured_at with a time zone, quota, used_quota" in str(refused.value)


def test_what_is_no_frame_or_has_a_column_twice_is_refused() -> None:
    with pytest.raises(UnusableFrameError, match="it is of type list"):
        dataframes.readings([])  # type: ignore[arg-type]
    twice = pd.concat([frame(), frame()[["quota"]]], axis=1)
    with pytest.raises(UnusableFrameError, match="it has the column quota twice"):
        dataframes.readings(twice)


def test_counts_that_nobody_told_are_no_counts() -> None:
    assert dataframes.readings(frame(request_count=[None, None])).requests is None
    told = dataframes.readings(frame(request_count=[None, 7.0])).requests
    assert told is not None
    assert told.tolist() == [UNKNOWN, 7]
