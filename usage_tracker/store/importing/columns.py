"""The columns of a table of snapshots, found by their names in its header."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from usage_tracker.store.importing.validation import ValidationError

COLUMNS: Final = ("captured_at", "quota", "used_quota", "request_count")
REQUIRED: Final = COLUMNS[:3]

# Simplified, as in `_key`. The names are those of gateways, spreadsheets and scripts.
_KNOWN: Final = {
    "captured_at": (
        "time timestamp ts date datetime moment captured when recordedat createdat at "
        "时间 時間 日期 记录时间 記錄時間 时间戳 時間戳"
    ),
    "quota": (
        "balance remaining remainingquota quotaleft left credit available "
        "余额 餘額 额度 額度 剩余额度 剩餘額度 剩余 剩餘 可用额度 可用額度"
    ),
    "used_quota": (
        "used usage spent totalused totalspent consumed usedtotal totalusage "
        "已用 已用额度 已用額度 已使用 已使用额度 已使用額度 历史消耗 歷史消耗 消耗"
    ),
    "request_count": "requests calls 请求次数 請求次數 请求数 請求數 调用次数 調用次數",
}
_BY_NAME: Final = {name: column for column, names in _KNOWN.items() for name in names.split()} | {
    column.replace("_", ""): column for column in COLUMNS
}
_DOLLARS: Final = re.compile(r"[(\[_, -]*(?:in)?[ _]*(?:us\$|\$|usd|dollars?|美元)[)\]]*$")
_DATES: Final = frozenset({"date", "日期"})
_TIMES: Final = frozenset({"time", "时间", "時間"})
_SHOWN = 8
_SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns are: their indexes, and whether their names say dollars.

    `time` is the column of the time of day, if `captured_at` is only the date. `account` is a
    column that names the account of each row.
    """

    captured_at: int
    quota: int
    used_quota: int
    request_count: int | None
    time: int | None
    account: int | None
    in_dollars: bool

    @property
    def last_required(self) -> int:
        """The index of the last column that every row must have."""
        return max(self.captured_at, self.quota, self.used_quota, self.time or 0)

    def names(self, header: Sequence[str]) -> dict[str, str]:
        """Return the names in `header` by the names here."""
        at = (self.captured_at, self.quota, self.used_quota, self.request_count)
        pairs = zip(COLUMNS, at, strict=True)
        return {column: header[index].strip() for column, index in pairs if index is not None}


def find_columns(header: Sequence[str], names: Mapping[str, str]) -> Columns:
    """Return the columns of a table with this `header`; `names` are the user's own.

    Raises:
        ValidationError: One is missing, or two could be it.
    """
    found = {column: _index(header, column, names.get(column)) for column in COLUMNS}
    missing = [column for column in REQUIRED if found[column] is None]
    if missing:
        raise ValidationError(_describe_missing(header, missing))
    amounts = [header[found[column] or 0] for column in ("quota", "used_quota")]
    dollars = {_is_dollars(name) for name in amounts}
    if len(dollars) > 1:
        both = " and ".join(map(_quoted, amounts))
        raise ValidationError(f"one of {both} is in dollars and the other is not: convert it")
    keys = [_key(name) for name in header]
    return Columns(
        captured_at=found["captured_at"] or 0,
        quota=found["quota"] or 0,
        used_quota=found["used_quota"] or 0,
        request_count=found["request_count"],
        time=None if "captured_at" in names else _time(keys, found["captured_at"]),
        account=keys.index("account") if "account" in keys else None,
        in_dollars=dollars.pop(),
    )


def known_columns(header: Sequence[str]) -> set[str]:
    """Return which columns the names in `header` are known for."""
    return {_BY_NAME[key] for key in map(_key, header) if key in _BY_NAME}


def _index(header: Sequence[str], column: str, name: str | None) -> int | None:
    """Return the index of `column`, called `name` by the user."""
    if name is not None:
        at = [i for i, each in enumerate(header) if each.strip().lower() == name.strip().lower()]
        if not at:
            raise ValidationError(f"there is no column {_quoted(name)}: {_listed(header)}")
        return at[0]
    exact = [i for i, each in enumerate(header) if each.strip().lower() == column]
    at = exact or [i for i, each in enumerate(header) if _BY_NAME.get(_key(each)) == column]
    if len(at) > 1 and not _is_date_and_time(header, at):
        both = " and ".join(_quoted(header[i]) for i in at[:2])
        raise ValidationError(f"{both} could be {column}: add --map {column}=NAME")
    return at[0] if at else None


def _is_date_and_time(header: Sequence[str], at: Sequence[int]) -> bool:
    first, second, *_ = (_key(header[i]) for i in at)
    return first in _DATES and second in _TIMES and len(at) == len({first, second})


def _time(keys: Sequence[str], captured_at: int | None) -> int | None:
    """Return the index of the time of day beside the date at `captured_at`."""
    if captured_at is None or keys[captured_at] not in _DATES:
        return None
    return next((i for i, key in enumerate(keys) if key in _TIMES), None)


def _key(name: str) -> str:
    """Return a column's name without case, spaces, separators and the word for dollars."""
    bare = _DOLLARS.sub("", name.strip().lower())
    return re.sub(r"[\s_\-./:]+|[(\[].*", "", bare)


def _is_dollars(name: str) -> bool:
    return bool(_DOLLARS.search(name.strip().lower()))


def _describe_missing(header: Sequence[str], missing: Sequence[str]) -> str:
    if not known_columns(header):
        wanted = f"{','.join(REQUIRED)}[,{COLUMNS[3]}]"
        given = "or its names given with --map COLUMN=NAME"
        return f"the header must be {wanted}, {given}; {_listed(header)}"
    options = " ".join(f"--map {column}=NAME" for column in missing)
    return f"there is no column for {' and '.join(missing)}: add {options}; {_listed(header)}"


def _listed(header: Sequence[str]) -> str:
    more = ", …" if len(header) > _SHOWN else ""
    return f"the columns are {', '.join(map(_quoted, header[:_SHOWN]))}{more}"


def _quoted(name: str) -> str:
    return repr(name.strip()[:_SHOWN_LENGTH])
