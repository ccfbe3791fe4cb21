import time

import pytest

from tests.gateway_server import (
    Script,
    http_reply,
    in_turn,
    json_reply,
    serve,
    silence,
    unused_url,
)
from usage_tracker.capture.gateway_status import declared_quota_per_unit, fetch_status


def declared(script: Script) -> float | None:
    with serve(script) as gateway:
        unit = declared_quota_per_unit(fetch_status(gateway.url, 5))
        (request,) = gateway.requests
    assert request.path == "/api/status"
    assert "authorization" not in request.headers
    return unit


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (500_000, "500000"),
        (1_000_000.0, "1000000"),
        (68493.15, "68493.15"),
        ("68493.15", "68493.15"),
        ("500000", "500000"),
    ],
)
def test_a_gateway_declares_its_unit_as_a_number_or_text(value: object, unit: str) -> None:
    assert repr(declared(json_reply({"data": {"quota_per_unit": value}}))) == unit


@pytest.mark.parametrize("value", [0, -1, True, None, "many", "NaN", [500_000], 10**19, 1e300])
def test_what_is_no_positive_number_declares_nothing(value: object) -> None:
    assert declared(json_reply({"data": {"quota_per_unit": value}})) is None


@pytest.mark.parametrize(
    "script",
    [
        json_reply({"data": {"quota_per_unit": 7}}, status=404),
        http_reply(302, b"", {"Location": "/elsewhere"}),
        http_reply(200, b"<html>"),
        http_reply(200, b" " * 300_000 + b'{"data": {"quota_per_unit": 7}}'),
        json_reply([]),
        json_reply({"data": [7]}),
    ],
)
def test_another_answer_declares_nothing(script: Script) -> None:
    assert declared(in_turn(script, json_reply({"data": {"quota_per_unit": 7}}))) is None


def test_the_deadline_holds() -> None:
    began = time.monotonic()
    with serve(silence()) as gateway:
        assert declared_quota_per_unit(fetch_status(gateway.url, 0.3)) is None
    assert declared_quota_per_unit(fetch_status(unused_url(), -1)) is None
    assert time.monotonic() - began < 5
