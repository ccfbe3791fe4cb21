import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.capture.body import LIMIT, PackedError, TooLargeError, unpack


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
def test_what_was_packed_is_unpacked(encoding: str, text: bytes) -> None:
    assert unpack(PACKINGS[encoding](text), encoding) == text


@given(body=st.binary(max_size=200), encoding=st.sampled_from([*PACKINGS, "br", "gzip, gzip"]))
def test_garbage_unpacks_to_something_or_is_refused(body: bytes, encoding: str) -> None:
    with suppress(PackedError):
        assert isinstance(unpack(body, encoding), bytes)


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
def test_what_cannot_be_unpacked_is_not_taken_for_nothing(body: bytes, encoding: str) -> None:
    with pytest.raises(PackedError):
        unpack(body, encoding)


def test_padding_after_gzip_is_ignored() -> None:
    assert unpack(gzip.compress(b"{}") + b"\0" * 9, "gzip") == b"{}"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_exactly_the_limit_is_not_too_large(encoding: str) -> None:
    text = b"0" * LIMIT
    assert unpack(PACKINGS[encoding](text), encoding) == text
    with pytest.raises(TooLargeError):
        unpack(PACKINGS[encoding](text + b"0"), encoding)


def test_members_of_a_bomb_are_added_up() -> None:
    with pytest.raises(TooLargeError):
        unpack(gzip.compress(b"0" * (LIMIT // 2)) * 3, "gzip")


def test_a_bomb_costs_no_memory() -> None:
    bomb = gzip.compress(b"0" * 50_000_000, 1)
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        unpack(bomb, "gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * LIMIT
