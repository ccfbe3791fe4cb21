"""Every answer a gateway may give, from the socket to the exit code."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Tracker
from tests.cli.stored import assert_no_secret, failures, snapshots
from tests.gateway_server import (
    NEWER_USER_SELF,
    TOKEN,
    UNDOCUMENTED,
    USER_SELF,
    Gateway,
    Script,
    drip,
    gzip_reply,
    http_reply,
    json_reply,
    raw,
    reset,
    silence,
    user_self,
)

ECHO = {"success": False, "message": f"<b>no</b>\x1b[2J for {TOKEN}"}
GONE = {"success": False, "message": "Unauthorized – access token is invalid or expired."}  # noqa: RUF001
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAGE = b"<html>log in</html>"

FAILURES: dict[str, tuple[Script, str, int | None, int]] = {
    "reset": (reset(), "network", None, 69),
    "cut short": (raw(HEAD + b'Content-Length: 900\r\n\r\n{"su'), "network", 200, 69),
    "no head": (silence(), "timeout", None, 69),
    "slow head": (drip(b"HTTP/1.1 200", b" ", 0.1), "timeout", None, 69),
    "slow body": (drip(HEAD + b"Content-Length: 900\r\n\r\n", b" ", 0.1), "timeout", 200, 69),
    "redirect": (http_reply(302, headers={"Location": "https://x.org"}), "redirected", 302, 76),
    "too large": (http_reply(200, b" " * 300_000), "too_large", 200, 76),
    "bomb": (gzip_reply(b" " * 50_000_000), "too_large", 200, 76),
    "too many": (http_reply(429), "rate_limited", 429, 69),
    "outage": (http_reply(500, PAGE), "server_error", 500, 69),
    "bad gateway": (json_reply(ECHO, 502), "server_error", 502, 69),
    "origin down": (http_reply(521), "server_error", 521, 69),
    "nowhere": (json_reply(ECHO, 404), "not_found", 404, 76),
    "no such method": (http_reply(405), "not_found", 405, 76),
    "gone": (http_reply(410), "not_found", 410, 76),
    "firewall 401": (http_reply(401, PAGE), "server_error", 401, 69),
    "firewall 403": (http_reply(403, b"[]"), "server_error", 403, 69),
    "bad token": (json_reply(GONE, 401), "unauthorized", 401, 77),
    "banned": (
        json_reply({"success": False, "message": "Account suspended."}, 403),
        *("suspended", 403, 77),
    ),
    "forbidden": (json_reply(ECHO, 403), "forbidden", 403, 77),
    "teapot": (json_reply(ECHO, 418), "refused", 418, 77),
    "page": (http_reply(200, PAGE), "not_json", 200, 76),
    "empty": (http_reply(200), "not_json", 200, 76),
    "truncated": (http_reply(200, b'{"success": true, "da'), "not_json", 200, 76),
    "says bad token": (
        json_reply({"success": False, "message": "无权进行此操作，access token 无效"}),  # noqa: RUF001
        *("unauthorized", 200, 77),
    ),
    "says banned": (
        json_reply({"success": False, "message": "用户已被封禁"}),
        *("suspended", 200, 77),
    ),
    "says no": (json_reply(ECHO), "refused", 200, 77),
    "says nothing": (json_reply({"success": False, "message": ""}), "refused", 200, 77),
    "error object": (json_reply({"error": {"message": "no"}}), "refused", 200, 77),
    "list": (json_reply([USER_SELF]), "malformed", 200, 76),
    "null": (json_reply(None), "malformed", 200, 76),
    "no success": (json_reply({"data": USER_SELF["data"]}), "malformed", 200, 76),
    "no counters": (json_reply({"success": True, "data": {"quota": 1}}), "malformed", 200, 76),
    "true": (json_reply(user_self(quota=True)), "malformed", 200, 76),
    "fraction": (json_reply(user_self(used_quota=0.5)), "malformed", 200, 76),
    "NaN": (json_reply(user_self(quota=float("nan"))), "malformed", 200, 76),
    "65 bits": (json_reply(user_self(quota=2**63)), "malformed", 200, 76),
    "a sum of 65 bits": (json_reply(user_self(quota=2**63 - 1)), "malformed", 200, 76),
}

GOOD: dict[str, tuple[Script, int, int]] = {
    "documented": (json_reply(USER_SELF), 29071257, 286403484),
    "newer": (json_reply(NEWER_USER_SELF), 29071257, 286403484),
    "bare": (json_reply({"success": True, "data": {"quota": 1, "used_quota": 2}}), 1, 2),
    "negative": (json_reply(user_self(quota=-5)), -5, 286403484),
    "digits": (json_reply(user_self(quota="17", used_quota=18.0)), 17, 18),
    "64 bits": (json_reply(user_self(quota=2**63 - 1, used_quota=0)), 2**63 - 1, 0),
    "unknown": (json_reply({**user_self(x=UNDOCUMENTED), "y": UNDOCUMENTED}), 29071257, 286403484),
    "byte order mark": (
        http_reply(200, b"\xef\xbb\xbf" + json.dumps(USER_SELF).encode()),
        *(29071257, 286403484),
    ),
    "gzip": (
        http_reply(
            200, gzip.compress(json.dumps(USER_SELF).encode()), {"Content-Encoding": "gzip"}
        ),
        *(29071257, 286403484),
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_each_failure_is_told_recorded_and_coded(
    tracker: Tracker, gateway: Gateway, home: Path, empty_database: Path, case: str
) -> None:
    database = empty_database
    gateway.script, kind, status, code = FAILURES[case]
    result = tracker("snapshot", "--json", "--deadline", "1")
    assert result.exit_code == code
    assert snapshots(database) == []
    assert failures(database) == [("default", kind, status)]
    (account,) = json.loads(result.stdout)["accounts"]
    assert account["status"] == "failed"
    assert account["captured_at"] is account["quota"] is account["used_quota"] is None
    assert (account["error"]["kind"], account["error"]["http_status"]) == (kind, status)
    assert re.fullmatch(r"tracker: default: [^\n]+\n", result.stderr)
    assert result.stderr.rstrip("\n").isprintable()
    assert_no_secret(home, result.stdout, result.stderr)


@pytest.mark.parametrize("case", GOOD)
def test_each_good_answer_is_stored_and_told(
    tracker: Tracker, gateway: Gateway, home: Path, empty_database: Path, case: str
) -> None:
    database = empty_database
    gateway.script, quota, used = GOOD[case]
    result = tracker("snapshot")
    assert result.exit_code == 0
    assert snapshots(database) == [("default", quota, used)]
    assert failures(database) == []
    assert re.fullmatch(r"default: \S+ left, \S+ used\n", result.stdout)
    assert result.stderr == ""
    assert_no_secret(home, result.stdout)
