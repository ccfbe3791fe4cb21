"""JSON as strangers send it, made into values that can be trusted to be values.

What JSON leaves open has no value here (`None`): a key given twice, a number that
is none (`NaN`) or that nobody means (a million digits).
"""

import json
import math
from collections import Counter

_DIGITS = 20
NOT_JSON = object()


def parse(text: str | bytes) -> object:
    """The value of a JSON text, with or without a byte order mark.

    `NOT_JSON` if it is none, or nested deeper than any answer, so that no exception
    carries the text along.
    """
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(
            decoded,
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_nothing,
        )
    except (ValueError, RecursionError):
        return NOT_JSON


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        members |= {name: None for name, count in counts.items() if count > 1}
    return members


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= _DIGITS else None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _nothing(_constant: str) -> None:
    return None
