"""Files that somebody made to break the program: drawn by hypothesis."""

import json
from typing import Any

from hypothesis import strategies as st

from usage_tracker.config.file import ACCOUNT, SCHEMA
from usage_tracker.config.thresholds import CHECK, NOTIFY

NUMBERS = st.sampled_from(
    [
        "0",
        "-1",
        "1.0",
        "1e3",
        "1e999",
        "NaN",
        "true",
        "null",
        "0x10",
        "1_000",
        "+5",
        " 5",
        "\u0665",
        "",
        str(2**63),
        str(2**63 - 1),
        str(-(2**63)),
        "9" * 5000,
    ]
)
TIMES = st.sampled_from(
    [
        "1764500000",
        "1764500000000",
        "1764500000001",
        "2026-11-23T13:15:00Z",
        "2026-11-23T13:15:00+08:00",
        "2026-11-23",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "20261123",
        "yesterday",
        "253402300799999",
        "253402300800000",
    ]
)
WHOLE = st.integers(-(2**70), 2**70) | st.integers(-1000, 1000)
TEXT = st.text(max_size=30)
LEAVES = st.none() | st.booleans() | WHOLE | st.floats() | TEXT
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)

_FIELD = NUMBERS | WHOLE.map(str) | TEXT
_CSV_ROW = st.tuples(TIMES | _FIELD, _FIELD | WHOLE.map(str), _FIELD | WHOLE.map(str)).map(",".join)
_GOOD_ROW = st.integers(1_764_000_000, 1_764_600_000).map(lambda at: f"{at},{at},5")
_OTHER_HEADS = [
    "Date,Time,Balance,Used",
    "sep=,\ntime,balance_usd,used_usd",
    "account,时间,余额,已用",
]
CSV = st.builds(
    lambda head, rows, end: (head + end.join(["", *rows]) + end).encode("utf-8", "surrogatepass"),
    st.sampled_from(["captured_at,quota,used_quota"] * 3 + ["quota", "", *_OTHER_HEADS]),
    st.lists(_CSV_ROW | _GOOD_ROW, max_size=5),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)

_LIMITS = st.sampled_from([0, 1, -1, 10**9, 2**53, 2**60, -(2**53), -(2**60)])
EXTREMES = st.dictionaries(
    st.sampled_from([100_000_000, 1_764_500_000, 1_764_500_060, 1_790_000_000])
    | st.integers(1_764_000_000, 1_764_600_000),
    st.tuples(_LIMITS, _LIMITS),
    min_size=1,
    max_size=6,
).map(
    lambda rows: (
        b"captured_at,quota,used_quota\n"
        + "".join(f"{at},{quota},{used}\n" for at, (quota, used) in rows.items()).encode()
    )
)
"""Histories that have to be taken in, however strange."""

_DATA = st.fixed_dictionaries(
    {"quota": WHOLE | JSON, "used_quota": WHOLE | JSON},
    optional={"request_count": JSON, "username": JSON, "id": JSON, "ext": JSON, "quota_x": JSON},
)
_LINE = st.fixed_dictionaries(
    {"captured_at": TIMES | WHOLE | JSON},
    optional={
        "response": st.fixed_dictionaries({"success": st.just(True) | JSON, "data": _DATA | JSON}),
        "source": st.sampled_from(["gateway", "import", "other"]),
        "rest": st.sampled_from([None, "same", 7]),
    },
)
_HEAD = st.fixed_dictionaries(
    {"schema": st.just("usage-tracker.export/1")},
    optional={
        "account": JSON,
        "base_url": JSON,
        "quota_per_unit": WHOLE | JSON,
        "created_at": TIMES | JSON,
    },
)
_FAILURE = st.fixed_dictionaries(
    {"attempted_at": TIMES | JSON, "kind": TEXT | JSON},
    optional={"http_status": WHOLE | JSON, "detail": JSON},
)
JSONL = st.lists(_HEAD | _LINE | _FAILURE | JSON, min_size=1, max_size=5).map(
    lambda lines: "\n".join(map(json.dumps, lines)).encode()
)
GARBAGE = st.binary(max_size=300)
DATABASE = GARBAGE.map(lambda rest: b"SQLite format 3\0" + rest)
HISTORIES = CSV | JSONL | GARBAGE | DATABASE

_GOOD = """\
timezone = "Asia/Taipei"
[[account]]
name = "work"
base_url = "https://gateway.example"
auth = "raw"
headers = { New-Api-User = "42" }
quota_per_unit = 500000
fallback_urls = ["https://other.example"]
token_env = "NOT_SET"
[check]
warning_days = 7
max_age = "1h"
[notify]
urls = ["ntfy://topic"]
command = ["true"]
ping_url = "https://ping.example"
"""
_KEYS = st.sampled_from(
    [key for table in (SCHEMA, ACCOUNT, CHECK, NOTIFY) for key in table.keys] + ["token", ""]
)
_VALUES = st.one_of(
    TEXT.map(json.dumps),
    NUMBERS,
    TIMES,
    JSON.map(json.dumps),
    st.just("{ a = [1, { b = 2 }] }"),
    st.just("[" * 2000 + "]" * 2000),
)
_ENTRY = st.builds("{} = {}".format, _KEYS, _VALUES)
_TABLE = st.sampled_from(["", "[[account]]", "[account]", "[check]", "[notify]", "[a.b]"])


def _spoil(at: int, piece: bytes) -> bytes:
    good = _GOOD.encode()
    at %= len(good)
    return good[:at] + piece + good[at + len(piece) :]


def _document(parts: list[tuple[str, list[str]]]) -> bytes:
    lines = [line for table, entries in parts for line in (table, *entries)]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


CONFIGS = st.one_of(
    GARBAGE,
    st.builds(_spoil, st.integers(0, 10_000), st.binary(min_size=1, max_size=6)),
    st.lists(st.tuples(_TABLE, st.lists(_ENTRY, max_size=4)), max_size=4).map(_document),
)


def nested(depth: int) -> Any:
    """A list in a list in a list."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner
