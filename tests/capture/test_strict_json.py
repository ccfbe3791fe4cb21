import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.capture.strict_json import NOT_JSON, parse

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_json_is_what_it_says(value: Any) -> None:
    assert parse(json.dumps(value)) == value
    text = json.dumps(value, ensure_ascii=False)
    assert parse(text.encode("utf-8-sig", "replace")) is not NOT_JSON


@given(st.binary() | st.text())
def test_anything_is_json_or_not(text: str | bytes) -> None:
    parse(text)


@pytest.mark.parametrize(
    "text", ["", "{", "{} {}", "nul", "'a'", "[1,]", b"\xff", "\ufeff{}", "01"]
)
def test_what_is_no_json_is_named_so(text: str | bytes) -> None:
    assert parse(text) is NOT_JSON


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 21, "-" + "9" * 5000]
)
def test_a_number_that_nobody_means_has_no_value(number: str) -> None:
    assert parse(f'{{"a": {number}, "b": 1}}') == {"a": None, "b": 1}


def test_a_key_given_twice_has_no_value() -> None:
    assert parse('{"a": 1, "b": 2, "a": 1}') == {"a": None, "b": 2}


@pytest.mark.parametrize("end", ["", "]" * 100_000])
def test_what_is_nested_too_deeply_is_no_answer_s_json(end: str) -> None:
    assert parse("[" * 100_000 + end) is NOT_JSON
