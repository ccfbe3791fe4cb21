"""A body as it was sent, unpacked within bounds.

No good answer comes near the limit, so a body that does is not looked at: what
unpacks to more (a decompression bomb) is given up at the limit.
"""

import zlib

LIMIT = 256 * 1024
_GZIP, _ZLIB, _DEFLATE = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"


class TooLargeError(Exception):
    """More bytes than any good answer has."""


class PackedError(Exception):
    """A Content-Encoding that is broken, or that nobody here knows."""


def unpack(body: bytes, encoding: str) -> bytes:
    """`body` freed from its Content-Encoding.

    Raises:
        PackedError: It cannot be.
        TooLargeError: It unpacks to more than `LIMIT` bytes.
    """
    codings = [coding.strip().lower() for coding in encoding.split(",")]
    try:
        for coding in reversed(codings):
            body = _decode(body, coding)
    except zlib.error:
        raise PackedError from None
    return body


def _decode(body: bytes, coding: str) -> bytes:
    match coding:
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _gunzip(body)
        case "deflate":
            return _inflate_either(body)
        case _:
            raise zlib.error(coding[:20])


def _gunzip(body: bytes) -> bytes:
    if body and not body.startswith(_GZIP_MAGIC):
        raise zlib.error("not gzip")
    unpacked = b""
    while body.startswith(_GZIP_MAGIC):  # a file of several members is one text
        member, body = _inflate(body, _GZIP, LIMIT - len(unpacked))
        unpacked += member
    return unpacked


def _inflate_either(body: bytes) -> bytes:
    # "deflate" means zlib's format, but some servers send the bare stream.
    try:
        return _inflate(body, _ZLIB, LIMIT)[0]
    except zlib.error:
        return _inflate(body, _DEFLATE, LIMIT)[0]


def _inflate(body: bytes, window_bits: int, limit: int) -> tuple[bytes, bytes]:
    """One stream unpacked, and what follows it."""
    stream = zlib.decompressobj(window_bits)
    unpacked = stream.decompress(body, limit + 1)
    if len(unpacked) > limit:
        raise TooLargeError
    if not stream.eof:
        raise zlib.error("cut short")
    return unpacked, stream.unused_data
