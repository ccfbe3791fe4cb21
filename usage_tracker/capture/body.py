"""Response bodies: bounded decompression and strict JSON parsing.

A valid response is far smaller than `LIMIT`. Decompression stops there, so a
decompression bomb cannot fill the memory.
"""

import json
import math
import zlib
from collections import Counter

LIMIT = 256 * 1024
NOT_JSON = object()

_GZIP, _ZLIB, _DEFLATE = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_DIGITS = 20


class BodyTooLargeError(Exception):
    """A body of more than `LIMIT` bytes."""


class DecompressionError(Exception):
    """An invalid or unsupported Content-Encoding."""


def decompress(body: bytes, encoding: str) -> bytes:
    """Undo the Content-Encoding `encoding`, which may list several codings.

    Raises:
        DecompressionError: The data is invalid or a coding is unknown.
        BodyTooLargeError: The result is larger than `LIMIT` bytes.
    """
    codings = [coding.strip().lower() for coding in encoding.split(",")]
    try:
        for coding in reversed(codings):
            body = _decode(body, coding)
    except zlib.error:
        raise DecompressionError from None
    return body


def _decode(body: bytes, coding: str) -> bytes:
    match coding:
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _gunzip(body)
        case "deflate":
            # "deflate" means the zlib format, but some servers send a raw stream.
            try:
                return _inflate(body, _ZLIB, LIMIT)[0]
            except zlib.error:
                return _inflate(body, _DEFLATE, LIMIT)[0]
        case _:
            raise zlib.error(coding[:20])


def _gunzip(body: bytes) -> bytes:
    if body and not body.startswith(_GZIP_MAGIC):
        raise zlib.error("not gzip")
    result = b""
    while body.startswith(_GZIP_MAGIC):  # gzip files may have several members
        member, body = _inflate(body, _GZIP, LIMIT - len(result))
        result += member
    return result


def _inflate(body: bytes, window_bits: int, limit: int) -> tuple[bytes, bytes]:
    """Decompress one stream; return its content and the data after it."""
    stream = zlib.decompressobj(window_bits)
    content = stream.decompress(body, limit + 1)
    if len(content) > limit:
        raise BodyTooLargeError
    if not stream.eof:
        raise zlib.error("truncated")
    return content, stream.unused_data


def parse_json(text: str | bytes) -> object:
    """Parse JSON text, with or without a byte order mark.

    Return `NOT_JSON` if it is invalid or nested too deeply; no exception is raised
    that could carry the text along. Ambiguous values become None: duplicate keys,
    `NaN`, infinities and integers of more than 20 digits.
    """
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(
            decoded,
            object_pairs_hook=_unique_members,
            parse_int=lambda digits: int(digits) if len(digits) <= _MAX_DIGITS else None,
            parse_float=_finite,
            parse_constant=lambda _: None,
        )
    except (ValueError, RecursionError):
        return NOT_JSON


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        members |= {name: None for name, count in counts.items() if count > 1}
    return members


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None
