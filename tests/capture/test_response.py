# ruff: noqa: RUF001 (the gateways' own words)
import datetime as dt
import email.utils
import gzip
import json
import zlib
from typing import Any

import pytest

from tests.capture.calls import fetch_error, fetch_from
from tests.gateway_server import (
    NEWER_USER_SELF,
    USER_SELF,
    Gateway,
    Script,
    gzip_reply,
    http_reply,
    json_reply,
    raw,
    reset,
    user_self,
)
from usage_tracker.capture.errors import Kind
from usage_tracker.capture.response import Response
from usage_tracker.times import now_ms


def reply(**headers: str) -> Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("gateway.example", 429, fields, b"", 0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("10", 10), (" 7 ", 7), ("Sun, 06 Nov 1994 08:49:37 GMT", 0)]
)
def test_retry_after_is_in_seconds_or_a_date(text: str, seconds: float) -> None:
    assert reply(retry_after=text).retry_after == seconds


def test_a_date_to_come_is_waited_for() -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
    asked = reply(retry_after=email.utils.format_datetime(later, usegmt=True)).retry_after
    assert asked is not None
    assert 50 < asked <= 60


@pytest.mark.parametrize("text", ["", "-1", "1.5", "soon", "²", "Sun, 99 Nov 1994 08:49:37 GMT"])
def test_what_asks_for_nothing_is_ignored(text: str) -> None:
    assert reply(retry_after=text).retry_after is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777000),
        ("06 Nov 1994", None),
        ("Sun, 06 Nov 1994 08:49:37 -0000", None),
        ("yesterday", None),
        ("9" * 5000, None),
    ],
)
def test_the_gateways_clock_is_read_if_it_is_valid(text: str, moment: int | None) -> None:
    assert reply(date=text).server_time == moment


def test_a_failure_names_the_request() -> None:
    error = reply(x_request_id="abc", x_oneapi_request_id="def").error(Kind.REFUSED, "no", None)
    assert (error.http_status, error.request_id, error.detail) == (429, "def", "no")


HTML = b"<!doctype html><html><body>Just a moment...</body></html>"
INVALID: tuple[Any, ...] = (
    True,
    None,
    0.5,
    "many",
    "",
    "1.0",
    "٣",
    [1],
    {},
    2**63,
    -(2**63) - 1,
)
GOOD = json.dumps(USER_SELF).encode()
UNAUTHORIZED = "Unauthorized – access token is invalid or expired."


def refusal(message: str, status: int = 200) -> Script:
    return json_reply({"success": False, "message": message}, status)


def nested_refusal(message: str, status: int = 200) -> Script:
    return json_reply({"error": {"message": message, "type": "one_api_error"}}, status)


def body(text: bytes) -> Script:
    return http_reply(200, text)


TABLE: dict[str, tuple[Script, Kind]] = {
    "connection reset": (reset(), Kind.NETWORK),
    "connection closed without a word": (raw(b""), Kind.NETWORK),
    "something that is not HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), Kind.NETWORK),
    "a hundred headers too many": (
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n"),
        Kind.NETWORK,
    ),
    "a body shorter than announced": (
        http_reply(200, GOOD, {"Content-Length": "9999"}),
        Kind.NETWORK,
    ),
    "an error page shorter than announced": (
        http_reply(500, HTML, {"Content-Length": "9999"}),
        Kind.NETWORK,
    ),
    "chunks that break off": (
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"),
        Kind.NETWORK,
    ),
    "301": (http_reply(301, headers={"Location": "/login"}), Kind.REDIRECTED),
    "302": (http_reply(302, GOOD, {"Location": "https://evil.example/"}), Kind.REDIRECTED),
    "302 without a destination": (http_reply(302), Kind.REDIRECTED),
    "302 to nonsense": (http_reply(302, headers={"Location": "http://[oops"}), Kind.REDIRECTED),
    "308 with a large body": (http_reply(308, b"x" * 300_000), Kind.REDIRECTED),
    "a large body": (body(b" " * (256 * 1024 + 1)), Kind.TOO_LARGE),
    "a large error page": (http_reply(503, b"x" * 300_000), Kind.TOO_LARGE),
    "a gzip bomb": (gzip_reply(b"0" * 20_000_000), Kind.TOO_LARGE),
    "a bomb in a bomb": (
        http_reply(
            200,
            gzip.compress(gzip.compress(b"0" * 100_000_000, 1), 1),
            {"Content-Encoding": "gzip, gzip"},
        ),
        Kind.TOO_LARGE,
    ),
    "trailers without end": (
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 400_000),
        Kind.TOO_LARGE,
    ),
    "429, empty": (http_reply(429), Kind.RATE_LIMITED),
    "429 with a long Retry-After": (
        http_reply(429, headers={"Retry-After": "3600"}),
        Kind.RATE_LIMITED,
    ),
    "429 that speaks of the token": (refusal("access token invalid", 429), Kind.RATE_LIMITED),
    "500": (http_reply(500, HTML), Kind.SERVER_ERROR),
    "500 with a good answer in it": (json_reply(USER_SELF, 500), Kind.SERVER_ERROR),
    "502": (http_reply(502), Kind.SERVER_ERROR),
    "503 in JSON": (nested_refusal("no channel", 503), Kind.SERVER_ERROR),
    "504": (http_reply(504), Kind.SERVER_ERROR),
    **{
        f"Cloudflare's {status}": (http_reply(status, HTML), Kind.SERVER_ERROR)
        for status in range(520, 528)
    },
    "a status beyond all": (http_reply(999), Kind.SERVER_ERROR),
    "404": (http_reply(404, HTML), Kind.NOT_FOUND),
    "404 in JSON": (nested_refusal("Invalid URL", 404), Kind.NOT_FOUND),
    "405": (http_reply(405), Kind.NOT_FOUND),
    "410": (http_reply(410), Kind.NOT_FOUND),
    "401 in HTML": (http_reply(401, HTML), Kind.SERVER_ERROR),
    "401, empty": (http_reply(401), Kind.SERVER_ERROR),
    "401 with a JSON list": (json_reply(["no"], 401), Kind.SERVER_ERROR),
    "401 nested too deeply": (http_reply(401, b'{"a":' * 50_000), Kind.SERVER_ERROR),
    "403 in HTML": (http_reply(403, HTML), Kind.SERVER_ERROR),
    "403 with a JSON string": (json_reply("suspended", 403), Kind.SERVER_ERROR),
    "401": (refusal(UNAUTHORIZED, 401), Kind.UNAUTHORIZED),
    "401 with an empty object": (json_reply({}, 401), Kind.UNAUTHORIZED),
    "401 that speaks of suspension": (refusal("Account suspended.", 401), Kind.UNAUTHORIZED),
    "403, suspended": (refusal("Account suspended.", 403), Kind.SUSPENDED),
    "403, suspended, nested": (nested_refusal("用户已被封禁", 403), Kind.SUSPENDED),
    "403": (refusal("无权进行此操作，权限不足", 403), Kind.FORBIDDEN),
    "403 with an empty object": (json_reply({}, 403), Kind.FORBIDDEN),
    "400": (refusal("bad", 400), Kind.REFUSED),
    "402": (http_reply(402), Kind.REFUSED),
    "418 in HTML": (http_reply(418, HTML), Kind.REFUSED),
    "451": (http_reply(451), Kind.REFUSED),
    "HTML": (body(HTML), Kind.NOT_JSON),
    "nothing": (http_reply(200), Kind.NOT_JSON),
    "204": (http_reply(204), Kind.NOT_JSON),
    "truncated JSON": (body(GOOD[:-9]), Kind.NOT_JSON),
    "truncated, and nothing announced": (
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + GOOD[:-9]),
        Kind.NOT_JSON,
    ),
    "two JSON texts": (body(GOOD + GOOD), Kind.NOT_JSON),
    "not UTF-8": (body(GOOD.replace(b"Ann", b"\xff\xfe")), Kind.NOT_JSON),
    "truncated gzip": (
        http_reply(200, gzip.compress(GOOD)[:-9], {"Content-Encoding": "gzip"}),
        Kind.NOT_JSON,
    ),
    "gzip that is none": (http_reply(200, GOOD, {"Content-Encoding": "gzip"}), Kind.NOT_JSON),
    "an encoding nobody asked for": (
        http_reply(200, GOOD, {"Content-Encoding": "br"}),
        Kind.NOT_JSON,
    ),
    "no: the token is invalid": (refusal("无权进行此操作，access token 无效"), Kind.UNAUTHORIZED),
    "no: not logged in": (refusal("无权进行此操作，未登录"), Kind.UNAUTHORIZED),
    "no: invalid or expired": (refusal("Invalid or expired."), Kind.UNAUTHORIZED),
    "no: nested": (nested_refusal("Access token is invalid"), Kind.UNAUTHORIZED),
    "no: banned": (refusal("用户已被封禁"), Kind.SUSPENDED),
    "no: suspended": (nested_refusal("Account Suspended"), Kind.SUSPENDED),
    "no: banned, in English": (refusal("User has been banned"), Kind.SUSPENDED),
    "no: no such user": (refusal("invalid user info"), Kind.UNAUTHORIZED),
    "no: no header": (refusal("无权进行此操作，未提供 New-Api-User"), Kind.UNAUTHORIZED),
    "no: another header": (refusal("rix-api-user does not match"), Kind.UNAUTHORIZED),
    "no, as text": (json_reply({"error": "Insufficient Balance"}), Kind.REFUSED),
    "no, in a list": (json_reply({"errors": [{"message": "no"}]}), Kind.REFUSED),
    "no reason where none belongs": (json_reply({"detail": "?", "data": {}}), Kind.MALFORMED),
    "no": (refusal("database is locked"), Kind.REFUSED),
    "no, and nothing more": (refusal(""), Kind.REFUSED),
    "no, and no message": (json_reply({"success": False}), Kind.REFUSED),
    "no, in numbers": (json_reply({"success": False, "message": 7}), Kind.REFUSED),
    "no, with good counters": (json_reply({**USER_SELF, "success": False}), Kind.REFUSED),
    "no, nested_refusal, without words": (nested_refusal(""), Kind.REFUSED),
    "a list": (json_reply([USER_SELF]), Kind.MALFORMED),
    "null": (json_reply(None), Kind.MALFORMED),
    "a number": (json_reply(7), Kind.MALFORMED),
    "an empty object": (json_reply({}), Kind.MALFORMED),
    "no success": (json_reply({"data": USER_SELF["data"]}), Kind.MALFORMED),
    "success in words": (json_reply({**USER_SELF, "success": "true"}), Kind.MALFORMED),
    "success as a number": (json_reply({**USER_SELF, "success": 1}), Kind.MALFORMED),
    "no data": (json_reply({"success": True}), Kind.MALFORMED),
    "null data": (json_reply({"success": True, "data": None}), Kind.MALFORMED),
    "a list as data": (json_reply({"success": True, "data": [1, 2]}), Kind.MALFORMED),
    "an error without a message": (json_reply({"error": 5}), Kind.MALFORMED),
    "nested too deeply": (body(b"[" * 100_000 + b"]" * 100_000), Kind.NOT_JSON),
    "brackets without end": (body(b"[" * 100_000), Kind.NOT_JSON),
    "one counter missing": (
        json_reply({"success": True, "data": {"quota": 1}}),
        Kind.MALFORMED,
    ),
    "a counter given twice": (
        body(b'{"success":true,"data":{"quota":1,"used_quota":2,"quota":3}}'),
        Kind.MALFORMED,
    ),
    "NaN": (body(b'{"success":true,"data":{"quota":NaN,"used_quota":2}}'), Kind.MALFORMED),
    "infinity": (
        body(b'{"success":true,"data":{"quota":1e999,"used_quota":2}}'),
        Kind.MALFORMED,
    ),
    "a number of 200000 digits": (
        body(b'{"success":true,"data":{"quota":' + b"9" * 200_000 + b',"used_quota":2}}'),
        Kind.MALFORMED,
    ),
    **{
        f"used_quota {value!r}": (json_reply(user_self(used_quota=value)), Kind.MALFORMED)
        for value in INVALID
    },
}
EXIT = {"network": 69, "timeout": 69, "tls": 69, "rate_limited": 69, "server_error": 69}
EXIT |= {"malformed": 76, "not_json": 76, "too_large": 76, "redirected": 76, "not_found": 76}
EXIT |= {"unauthorized": 77, "suspended": 77, "forbidden": 77, "refused": 77}


@pytest.mark.parametrize(("script", "kind"), TABLE.values(), ids=TABLE)
def test_each_bad_answer_has_its_kind(gateway: Gateway, script: Script, kind: Kind) -> None:
    gateway.script = script
    error = fetch_error(gateway.url)
    assert error.kind == kind
    assert error.sysexit == EXIT[kind]


WELL_FORMED: dict[str, tuple[Script, int, int]] = {
    "the documented form": (json_reply(USER_SELF), 29071257, 286403484),
    "the newer form": (json_reply(NEWER_USER_SELF), 29071257, 286403484),
    "the counters alone": (
        json_reply({"success": True, "data": {"quota": 1, "used_quota": 2}}),
        1,
        2,
    ),
    "a byte order mark": (body(b"\xef\xbb\xbf" + GOOD), 29071257, 286403484),
    "gzip": (gzip_reply(GOOD), 29071257, 286403484),
    "gzip in two members": (
        http_reply(
            200, gzip.compress(GOOD[:50]) + gzip.compress(GOOD[50:]), {"Content-Encoding": "GZIP"}
        ),
        29071257,
        286403484,
    ),
    "deflate": (
        http_reply(200, zlib.compress(GOOD), {"Content-Encoding": "deflate"}),
        29071257,
        286403484,
    ),
    "chunks": (
        raw(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
            % (len(GOOD), GOOD)
        ),
        29071257,
        286403484,
    ),
    "HTTP/1.0": (raw(b"HTTP/1.0 200 OK\r\n\r\n" + GOOD), 29071257, 286403484),
    "after a 100": (
        raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + GOOD),
        29071257,
        286403484,
    ),
    "after a 103": (
        raw(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + GOOD),
        29071257,
        286403484,
    ),
    "after several interim ones": (
        raw(*(b"HTTP/1.1 %d X\r\n\r\n" % status for status in (103, 102, 100, 200)), GOOD),
        29071257,
        286403484,
    ),
    "another good status": (json_reply(USER_SELF, 203), 29071257, 286403484),
    "another content type": (
        http_reply(200, GOOD, {"Content-Type": "text/html"}),
        29071257,
        286403484,
    ),
    "strings of digits": (json_reply(user_self(quota="-5", used_quota="7")), -5, 7),
    "integral floats": (json_reply(user_self(quota=2.9e7, used_quota=0.0)), 29_000_000, 0),
    "a negative balance": (json_reply(user_self(quota=-1)), -1, 286403484),
    "the ends of 64 bits": (
        json_reply(user_self(quota=-(2**63), used_quota=2**63 - 1)),
        -(2**63),
        2**63 - 1,
    ),
    "a number nobody knows, of a million digits": (
        body(GOOD.replace(b'"XyZ1"', b"9" * 200_000)),
        29071257,
        286403484,
    ),
}


@pytest.mark.parametrize(("script", "quota", "used"), WELL_FORMED.values(), ids=WELL_FORMED)
def test_each_good_answer_is_parsed(
    gateway: Gateway, script: Script, quota: int, used: int
) -> None:
    gateway.script = script
    before = now_ms()
    answer = fetch_from(gateway.url)
    assert (answer.quota, answer.used_quota) == (quota, used)
    assert before <= answer.captured_at <= now_ms()
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("counters", [(2**63 - 1, 1), (-(2**63), -1)])
def test_a_sum_of_the_counters_beyond_64_bits_is_refused(
    gateway: Gateway, counters: tuple[int, int]
) -> None:
    gateway.script = json_reply(user_self(quota=counters[0], used_quota=counters[1]))
    error = fetch_error(gateway.url)
    assert error.kind == "malformed"
    assert "quota + used_quota is beyond 64 bits" in str(error)


@pytest.mark.parametrize("quota", [b"NaN", b"1e999999999", b"1" + b"0" * 30, b'1,"quota":2'])
def test_an_invalid_counter_is_not_reported_as_missing(gateway: Gateway, quota: bytes) -> None:
    gateway.script = body(b'{"success":true,"data":{"used_quota":2,"quota":%s}}' % quota)
    assert fetch_error(gateway.url).detail == "quota is not a whole number of 64 bits"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_body_that_cannot_be_decompressed_is_reported(gateway: Gateway, encoding: str) -> None:
    gateway.script = http_reply(200, GOOD, {"Content-Encoding": encoding})
    assert fetch_error(gateway.url).detail == "it cannot be decompressed"
