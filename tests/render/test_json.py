import datetime as dt
import json
import re
from typing import Any

from tests.render import sample
from usage_tracker.render import json as json_face

REPORT = json.loads(json_face.render(sample.lived_in()))
ACCOUNT = REPORT["accounts"][0]


def keys(value: dict[str, Any]) -> str:
    return " ".join(value)


def test_every_key_is_the_contracts_in_its_order() -> None:
    assert keys(REPORT) == "schema as_of timezone since until by accounts"
    assert keys(ACCOUNT) == (
        "account base_url quota_per_unit snapshots balance used reconciliation rates periods"
        " events depletion"
    )
    assert keys(ACCOUNT["snapshots"]) == "count first last age_seconds failures coverage"
    assert keys(ACCOUNT["balance"]) == keys(ACCOUNT["used"]) == "quota usd"
    assert keys(ACCOUNT["reconciliation"]) == (
        "opening top_ups refunds adjustments covered spend uncounted in_flight closing"
    )
    assert keys(ACCOUNT["rates"][0]) == "window spend usd usd_per_day coverage"
    assert keys(ACCOUNT["periods"][0]) == (
        "start end spend usd drawn top_ups refunds requests closing coverage estimated"
    )
    assert keys(ACCOUNT["events"][0]) == "kind after at quota usd confirmed"
    assert keys(ACCOUNT["depletion"]) == (
        "state reason level low median high linear probability method"
    )
    assert keys(ACCOUNT["depletion"]["probability"][0]) == "days p"


def test_the_schema_is_named_with_its_version() -> None:
    assert REPORT["schema"] == "usage-tracker.report/1"


def test_every_moment_is_utc_with_milliseconds() -> None:
    moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    moments = [REPORT["as_of"], REPORT["since"], REPORT["until"], ACCOUNT["snapshots"]["last"]]
    moments += [period[end] for period in ACCOUNT["periods"] for end in ("start", "end")]
    moments += [event[end] for event in ACCOUNT["events"] for end in ("after", "at")]
    moments += [ACCOUNT["depletion"][end] for end in ("low", "median", "high", "linear")]
    assert all(moment.fullmatch(text) for text in moments)


def test_unknown_is_null() -> None:
    (empty,) = json.loads(json_face.render(sample.no_snapshots()))["accounts"]
    assert empty["balance"] is empty["used"] is empty["base_url"] is None
    assert empty["snapshots"] == {
        "count": 0,
        "first": None,
        "last": None,
        "age_seconds": None,
        "failures": 0,
        "coverage": None,
    }
    assert set(empty["reconciliation"].values()) == {None}
    assert empty["rates"] == empty["periods"] == empty["events"] == []


def test_names_come_back_as_they_are() -> None:
    told = json.loads(json_face.render(sample.hostile()))["accounts"]
    assert [account["account"] for account in told] == list(sample.HOSTILE_NAMES)


def test_the_text_is_ascii_and_ends_in_a_line_break() -> None:
    text = json_face.render(sample.hostile())
    assert text.isascii()
    assert text.endswith("}\n")


def test_other_commands_wrap_their_answers_alike() -> None:
    text = json_face.envelope("forecast", json_face.encode(sample.idle().accounts[0].depletion))
    told = json.loads(text)
    assert told["schema"] == "usage-tracker.forecast/1"
    assert told["state"] == "idle"
    assert json_face.encode(dt.datetime(2026, 1, 2, tzinfo=dt.UTC)) == "2026-01-02T00:00:00.000Z"
