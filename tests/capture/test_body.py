import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.capture.body import (
    LIMIT,
    NOT_JSON,
    BodyTooLargeError,
    DecompressionError,
    decompress,
    parse_json,
)


def bare_deflate(text: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(text) + stream.flush()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare_deflate,
    "deflate, GZIP": lambda text: gzip.compress(zlib.compress(text)),
}


@pytest.mark.parametrize("encoding", PACKINGS)
@given(text=st.binary(max_size=200))
def test_compressed_bodies_are_decompressed(encoding: str, text: bytes) -> None:
    assert decompress(PACKINGS[encoding](text), encoding) == text


@given(body=st.binary(max_size=200), encoding=st.sampled_from([*PACKINGS, "br", "gzip, gzip"]))
def test_garbage_is_decompressed_or_refused(body: bytes, encoding: str) -> None:
    with suppress(DecompressionError):
        assert isinstance(decompress(body, encoding), bytes)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"{}", mtime=0)[:-9], "gzip"),
        (b"\x1f\x8bgarbage", "gzip"),
        (b"{}", "gzip"),
        (b"{}", "deflate"),
        (b"{}", "br"),
    ],
)
def test_an_invalid_body_is_not_taken_for_an_empty_one(body: bytes, encoding: str) -> None:
    with pytest.raises(DecompressionError):
        decompress(body, encoding)


def test_padding_after_gzip_is_ignored() -> None:
    assert decompress(gzip.compress(b"{}") + b"\0" * 9, "gzip") == b"{}"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_exactly_the_limit_is_not_too_large(encoding: str) -> None:
    text = b"0" * LIMIT
    assert decompress(PACKINGS[encoding](text), encoding) == text
    with pytest.raises(BodyTooLargeError):
        decompress(PACKINGS[encoding](text + b"0"), encoding)


def test_members_of_a_bomb_are_added_up() -> None:
    with pytest.raises(BodyTooLargeError):
        decompress(gzip.compress(b"0" * (LIMIT // 2)) * 3, "gzip")


def test_a_bomb_costs_no_memory() -> None:
    bomb = gzip.compress(b"0" * 50_000_000, 1)
    tracemalloc.start()
    with pytest.raises(BodyTooLargeError):
        decompress(bomb, "gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * LIMIT


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
    assert parse_json(json.dumps(value)) == value
    text = json.dumps(value, ensure_ascii=False)
    assert parse_json(text.encode("utf-8-sig", "replace")) is not NOT_JSON


@given(st.binary() | st.text())
def test_anything_is_json_or_not(text: str | bytes) -> None:
    parse_json(text)


@pytest.mark.parametrize(
    "text", ["", "{", "{} {}", "nul", "'a'", "[1,]", b"\xff", "\ufeff{}", "01"]
)
def test_what_is_no_json_is_named_so(text: str | bytes) -> None:
    assert parse_json(text) is NOT_JSON


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 21, "-" + "9" * 5000]
)
def test_an_absurd_number_has_no_value(number: str) -> None:
    assert parse_json(f'{{"a": {number}, "b": 1}}') == {"a": None, "b": 1}


def test_a_duplicate_key_has_no_value() -> None:
    assert parse_json('{"a": 1, "b": 2, "a": 1}') == {"a": None, "b": 2}


@pytest.mark.parametrize("end", ["", "]" * 100_000])
def test_what_is_nested_too_deeply_is_no_answer_s_json(end: str) -> None:
    assert parse_json("[" * 100_000 + end) is NOT_JSON
