import datetime as dt
import email.utils

import pytest

from usage_tracker.capture.errors import Kind
from usage_tracker.capture.response import Reply


def reply(**headers: str) -> Reply:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply("gateway.example", 429, fields, b"", 0)


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
def test_the_gateways_clock_is_read_where_it_tells_the_time(text: str, moment: int | None) -> None:
    assert reply(date=text).server_time == moment


def test_a_failure_names_the_request() -> None:
    error = reply(x_request_id="abc", x_oneapi_request_id="def").failure(Kind.REFUSED, "no", None)
    assert (error.http_status, error.request_id, error.detail) == (429, "def", "no")
