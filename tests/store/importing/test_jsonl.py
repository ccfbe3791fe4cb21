import json
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.store.samples import T0, contents, save
from usage_tracker.errors import TrackerError
from usage_tracker.store.accounts import OtherAccountError
from usage_tracker.store.database import Database
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import (
    InvalidHistoryError,
    InvalidRowError,
    NoSnapshotError,
)
from usage_tracker.store.importing.options import ImportOptions
from usage_tracker.store.importing.run import import_history

HEAD = {"schema": "usage-tracker.export/1", "account": "work", "base_url": "https://here.example"}
SECRET = "fd0123456789abcdef"
MAPPED = {"names": {"captured_at": "t"}, "zone": zoneinfo.ZoneInfo("Asia/Taipei")}


def whole(moment: object = T0, quota: int = 5, used: int = 6, **data: Any) -> dict[str, Any]:
    data |= {"quota": quota, "used_quota": used}
    return {"captured_at": moment, "response": {"success": True, "data": data}}


def write(path: Path, *documents: object) -> Path:
    lines = (d if isinstance(d, str) else json.dumps(d) for d in documents)
    path.write_text("\n".join(lines) + "\n")
    return path


BASELINE = {"baseline": {"at": T0, "reserved": 0, "exact": True}}
TOP_UP = {"event": "top_up", "after": T0 - 1, "at": T0, "quota": 1}


def test_a_response_is_understood_as_if_a_gateway_had_sent_it(tmp_path: Path) -> None:
    line = whole("2025-11-30T10:53:20Z", access_token=SECRET, password="p455", id=7, novel=SECRET)
    source = write(tmp_path / "log.jsonl", line)
    with Database.open(tmp_path / "usage.db") as database:
        assert import_history(database, source).added == 1
        (row,) = contents(database, "snapshot")["snapshot"]
    assert row[1:4] == (T0, 5, 6)
    assert json.loads(row[-1]) == {"success": True, "data": {"id": 7, "novel": None}}
    for path in tmp_path.glob("usage.db*"):
        assert SECRET.encode() not in path.read_bytes()
        assert b"p455" not in path.read_bytes()


def test_the_rest_may_be_the_same_as_before_or_unknown(tmp_path: Path) -> None:
    counters = {"data": {"quota": 1, "used_quota": 2, "request_count": 3}}
    source = write(
        tmp_path / "log.jsonl",
        whole(T0, id=7),
        {"captured_at": T0 + 1, "rest": "same", "response": counters, "source": "gateway"},
        {"captured_at": T0 + 2, "rest": None, "response": counters},
        {"attempted_at": T0 + 3, "kind": "timeout", "http_status": None, "detail": "slow"},
    )
    with Database.open(tmp_path / "usage.db") as database:
        done = import_history(database, source)
        found = contents(database)
    assert (done.added, done.failures) == (3, 1)
    first, second, third = found["snapshot"]
    assert first[-1] == second[-1] is not None
    assert third[-1] is None
    assert [row[5] for row in found["snapshot"]] == [1, 0, 1]
    assert second[1:5] == (T0 + 1, 1, 2, 3)
    assert found["failure"] == [("default", T0 + 3, "timeout", None, "slow")]


def test_the_head_tells_whose_history_it_is(tmp_path: Path) -> None:
    source = write(tmp_path / "log.jsonl", HEAD | {"quota_per_unit": 7, "created_at": T0}, whole())
    with Database.open(tmp_path / "usage.db") as database:
        assert import_history(database, source).accounts == ("work",)
        assert contents(database, "account")["account"] == [("work", "https://here.example", 7, T0)]
        assert import_history(database, source, AccountSpec(name="mine")).accounts == ("mine",)


def test_the_history_of_another_gateway_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "log.jsonl", HEAD, whole())
    with Database.open(tmp_path / "usage.db") as database:
        with pytest.raises(OtherAccountError, match=r"here\.example, not from https://there"):
            import_history(database, source, AccountSpec(base_url="https://there.example"))
        assert contents(database, "account")["account"] == []


def test_the_history_of_another_user_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "log.jsonl", whole(T0, id=1), whole(T0 + 1, id=2))
    with Database.open(tmp_path / "usage.db") as database:
        with pytest.raises(OtherAccountError, match="id 2"):
            import_history(database, source)
        assert contents(database, "account")["account"] == []


@pytest.mark.parametrize(
    ("invalid", "why"),
    [
        ({"account": 5}, "account must be text"),
        ({"base_url": ""}, "base_url must be text"),
        ({"quota_per_unit": "many"}, "quota_per_unit must be a number greater than zero"),
        ({"quota_per_unit": -5}, "quota_per_unit must be a number greater than zero"),
        ({"quota_per_unit": 1e300}, "quota_per_unit must be a number greater than zero"),
        ({"created_at": "once"}, "created_at is neither"),
        ({"account": "\ud800"}, "account contains a character that cannot be stored"),
        ({"account": "a\0b"}, "account contains a character that cannot be stored"),
        ({"base_url": f"https://u:{SECRET}@here.example"}, "base_url contains a user name"),
        ({"base_url": f"https://here.example/?key={SECRET}"}, "base_url contains a query"),
        ({"base_url": "here"}, "base_url does not begin with https"),
    ],
)
def test_a_bad_head_is_named(tmp_path: Path, invalid: dict[str, Any], why: str) -> None:
    source = write(tmp_path / "log.jsonl", HEAD | invalid, whole())
    with (
        Database.open(tmp_path / "usage.db") as database,
        pytest.raises(InvalidRowError, match=f"line 1: {why}") as caught,
    ):
        import_history(database, source)
    assert SECRET not in str(caught.value)


def test_an_address_is_stored_in_its_one_form(tmp_path: Path) -> None:
    source = write(tmp_path / "log.jsonl", HEAD | {"base_url": "HTTP://Here.Example:80/"}, whole())
    with Database.open(tmp_path / "usage.db") as database:
        import_history(database, source)
        assert contents(database, "account")["account"][0][1] == "http://here.example"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "it is not JSON"),
        ("\ud800", "it is not JSON"),
        ('{"captured_at": NaN}', "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[1]", "it is not a JSON object"),
        ({"captured_at": T0}, "response is missing"),
        ({"captured_at": T0, "quota": 5}, "there is no column for used_quota: add --map used_quo"),
        ({"captured_at": T0, "quota": 5.5, "used_quota": 6}, "quota is not .* add --unit usd"),
        ({"captured_at": T0, "quota": True, "used_quota": 6}, "quota is not a whole number"),
        ({"time": T0, "balance_usd": 5, "used_usd": []}, "used_usd is not a whole number"),
        (whole(True), "captured_at is neither"),
        (whole(1e300), "captured_at is neither"),
        (whole(1764500000518000), "captured_at is epoch time in microseconds: divide it by 1000"),
        (whole("2025-11-30"), "captured_at has no time zone: add --tz"),
        (whole(None), "captured_at is neither"),
        (
            {"captured_at": T0, "response": {"success": False, "message": "no"}},
            "response is invalid",
        ),
        ({"captured_at": T0, "response": [1]}, "response is invalid"),
        (whole(quota=2**63), "quota is not a whole number"),
        (whole(quota=2**63 - 1, used_quota=1), r"\(quota \+ used_quota is beyond 64 bits\)"),
        (
            {
                "captured_at": T0,
                "rest": None,
                "response": {"data": {"quota": -(2**63), "used_quota": -1}},
            },
            r"quota \+ used_quota is beyond 64 bits: correct",
        ),
        ({"captured_at": T0, "rest": "same", "response": {"data": {}}}, "rest must be null"),
        ({"captured_at": T0, "rest": None, "response": {"data": {"quota": 1.0}}}, "quota is not"),
        ({"captured_at": T0, "rest": None, "response": 5}, "response has no data"),
        ({"attempted_at": T0}, "kind must be text"),
        ({"attempted_at": T0, "kind": "tls", "detail": 5}, "detail must be text"),
        ({"attempted_at": T0, "kind": "\ud800"}, "kind contains a character that cannot be stored"),
        ({"attempted_at": T0, "kind": "tls", "detail": "\0"}, "detail contains a character"),
        ({"attempted_at": T0, "kind": "tls", "http_status": 9999999999}, "http_status is not a"),
        ({"attempted_at": T0, "kind": "tls", "http_status": 99}, "http_status is not a status"),
        (whole() | {"source": "moon"}, "source must be one of gateway, import"),
        (whole() | {"source": []}, "source must be one of gateway, import"),
        ({"event": "top_up", "after": T0 - 1, "at": T0, "quota": 1}, "no baseline before"),
        ({"baseline": None}, "baseline must be an object"),
        ({"baseline": BASELINE["baseline"] | {"at": None}}, "at is neither"),
        ({"baseline": BASELINE["baseline"] | {"exact": 1}}, "exact must be true or false"),
        ({"baseline": BASELINE["baseline"] | {"reserved": 0.5}}, "reserved is not a whole"),
        (BASELINE, "there is no snapshot at 2025-11-30T10:53:20.000Z"),
        ('{"x": "' + "x" * 5_000_000 + '"}', "longer than"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_imported(
    tmp_path: Path, line: object, why: str
) -> None:
    if line == "\ud800":
        (tmp_path / "log.jsonl").write_bytes(
            b'{"schema": "usage-tracker.export/1"}\n{"x": "\xff"}\n'
        )
    else:
        write(tmp_path / "log.jsonl", HEAD, line)
    with Database.open(tmp_path / "usage.db") as database:
        with pytest.raises(TrackerError, match=f"log.jsonl line 2: .*{why}"):
            import_history(database, tmp_path / "log.jsonl")
        assert contents(database)["account"] == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (BASELINE, "it is the second baseline"),
        (TOP_UP | {"event": "gift"}, "event is not one of adjustment, covered, "),
        (TOP_UP | {"event": []}, "event is not one of adjustment, covered, "),
        (TOP_UP | {"after": T0}, "at must be later than after"),
        (TOP_UP | {"at": T0 + 1}, "at must be later than after, and not later than the baseline"),
        (TOP_UP | {"at": "yesterday"}, "at is neither"),
        (TOP_UP | {"quota": "1"}, "quota is not a whole number"),
        (TOP_UP | {"quota": 0}, "quota is impossible for top_up"),
        (TOP_UP | {"event": "refund", "quota": -1}, "quota is impossible for refund"),
        (TOP_UP | {"event": "gap", "quota": -1}, "quota is impossible for gap"),
        (TOP_UP | {"event": "covered", "quota": 0}, "quota is impossible for covered"),
        (TOP_UP | {"event": "uncounted", "quota": -1}, "quota is impossible for uncounted"),
        (TOP_UP | {"event": "stray", "quota": 1}, "quota is impossible for stray"),
        (TOP_UP | {"quota": 2**63 - 1}, "add up to more than the ledger"),
        (TOP_UP | {"event": "reset", "after": T0 - 5}, "there is no snapshot at 2025-11-30T10:53"),
        (TOP_UP, "it is the second top_up of one moment"),
    ],
)
def test_a_bad_event_is_named_and_nothing_is_imported(
    tmp_path: Path, line: dict[str, Any], why: str
) -> None:
    source = write(tmp_path / "log.jsonl", BASELINE, TOP_UP, line, whole(T0 - 1), whole(T0))
    with Database.open(tmp_path / "usage.db") as database:
        with pytest.raises((InvalidRowError, NoSnapshotError), match=f"log.jsonl line 3: .*{why}"):
            import_history(database, source)
        assert contents(database)["account"] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "captured_at",
        "attempted_at",
        "response",
        "rest",
        "source",
        "schema",
        "kind",
        "account",
        "baseline",
        "event",
        "at",
        "after",
    ]
)
HOSTILE = st.dictionaries(KEYS, JSON | st.just(whole()["response"]) | st.just(T0), max_size=5)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lines=st.lists(HOSTILE, min_size=1, max_size=4))
def test_a_hostile_file_is_imported_or_refused_in_one_line(
    tmp_path: Path, lines: list[dict[str, Any]]
) -> None:
    source = write(tmp_path / "log.jsonl", *lines)
    with Database.open(tmp_path / "usage.db") as database:
        before = contents(database)
        said = refusal(database, source)
        assert said is None or ("\n" not in said and contents(database) == before)
        save(database)


def refusal(database: Database, source: Path) -> str | None:
    try:
        import_history(database, source)
    except TrackerError as error:
        return str(error)
    return None


def test_a_fraction_of_a_second_is_kept_to_the_millisecond(tmp_path: Path) -> None:
    source = write(tmp_path / "log.jsonl", whole(1764500000.518), "", whole(1764500001518.0))
    with Database.open(tmp_path / "usage.db") as database:
        assert import_history(database, source).added == 2
        found = contents(database, "snapshot")["snapshot"]
    assert [row[1] for row in found] == [T0 + 518, T0 + 1518]


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ({"captured_at": T0, "quota": 29_070_000, "used_quota": 50_000}, {}),
        ({"used": "50,000", "time": "2025-11-30T10:53:20Z", "x": [1], "balance": "29070000"}, {}),
        ({"ts": 1764500000.0, "balance_usd": 58.14, "used_usd": 0.1}, {}),
        ({"ts": 1764500000, "balance": 58.14, "used": "$0.10"}, {"unit": "usd"}),
        ({"t": "2025/11/30 18:53:20", "quota": 29070000.0, "used": 50_000}, MAPPED),
    ],
)
def test_a_flat_object_has_its_values_itself(
    tmp_path: Path, line: dict[str, Any], options: dict[str, Any]
) -> None:
    source = write(tmp_path / "log.jsonl", line)
    with Database.open(tmp_path / "usage.db") as database:
        assert import_history(database, source, options=ImportOptions(**options)).added == 1
        (row,) = contents(database, "snapshot")["snapshot"]
    assert row[1:5] == (T0, 29_070_000, 50_000, None)


def test_all_lines_are_in_the_same_unit(tmp_path: Path) -> None:
    dollars = {"time": T0 + 1, "balance_usd": 5, "used_usd": 6}
    source = write(tmp_path / "log.jsonl", {"time": T0, "balance": 5, "used": 6}, dollars)
    with (
        Database.open(tmp_path / "usage.db") as database,
        pytest.raises(InvalidRowError, match="line 2: it is in another unit than the lines before"),
    ):
        import_history(database, source)


def test_lines_may_be_in_another_encoding(tmp_path: Path) -> None:
    source = tmp_path / "log.jsonl"
    source.write_text(json.dumps({"时间": T0, "余额": 5, "已用": 6}, ensure_ascii=False), "gbk")
    with Database.open(tmp_path / "usage.db") as database:
        options = ImportOptions(encoding="gbk")
        assert import_history(database, source, options=options).added == 1
        with pytest.raises(InvalidHistoryError, match="it is not text in utf-16"):
            import_history(database, source, options=ImportOptions(encoding="utf-16"))
