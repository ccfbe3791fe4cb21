from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_tracker.capture import profile
from usage_tracker.config.token import Token

TOKEN = Token("fd0123456789abcdef")


def kept(data: dict[str, Any], **envelope: Any) -> Any:
    return profile.rest_of({"success": True, **envelope, "data": data}, data, TOKEN)


def kept_data(**data: Any) -> Any:
    return kept(data)["data"]


def test_documented_fields_keep_their_values() -> None:
    data = {"id": 7, "username": "ann", "notify": True, "email": None, "created_at": 1.5e9}
    assert kept(data, message="ok") == {"success": True, "message": "ok", "data": data}


@pytest.mark.parametrize("name", ["password", "access_token", "verification_code", "PassWord"])
def test_secrets_leave_no_trace(name: str) -> None:
    assert kept({name: "x"}, **{name: "y"}) == {"success": True, "data": {}}


@pytest.mark.parametrize("name", ["quota", "used_quota", "request_count"])
def test_counters_are_kept_elsewhere(name: str) -> None:
    assert kept_data(**{name: 5}) == {}


@pytest.mark.parametrize("value", ["text", 5, True, {"password": "x"}, [1, {"a": "b"}]])
def test_undocumented_fields_and_ext_keep_their_name_alone(value: Any) -> None:
    rest = kept({"ext": value, "plan": value}, code=value)
    assert rest == {"success": True, "code": None, "data": {"ext": None, "plan": None}}


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], float("nan"), float("inf"), 10**30])
def test_a_documented_field_holds_no_more_than_a_plain_value(value: Any) -> None:
    assert kept_data(email=value) == {"email": None}


def test_the_token_is_masked_in_values_and_names() -> None:
    rest = kept({"aff_code": f"key {TOKEN.reveal()}", TOKEN.reveal(): 1}, message=TOKEN.reveal())
    assert rest == {"success": True, "message": "***", "data": {"aff_code": "key ***", "***": None}}


def test_a_lone_surrogate_does_not_reach_the_database() -> None:
    assert kept_data(username="a\ud800b") == {"username": "a?b"}


def test_names_are_short_printable_and_few() -> None:
    data = {"na\nme": 1, "x" * 500: 2, "\u202e": 3, **{f"f{number}": 0 for number in range(500)}}
    names = list(kept(data)["data"])
    assert names[:2] == ["na me", "x" * 63 + "…"]
    assert len(names) == 100


def test_a_name_in_disguise_takes_no_documented_ones_place() -> None:
    disguised = {"quo\u200bta": 1, "i\u200bd": 2, "pass\u200bword": 3, "\u200bdata": 4}
    assert kept({"id": 7, **disguised}, **{"da\u200bta": 1}) == {
        "success": True,
        "data": {"id": 7, "data": None},
    }


def test_what_others_want_to_know_is_read_from_it() -> None:
    rest = kept({"id": "7", "username": "ann", "quota_remind_threshold": 1e7, "new": 1}, code=0)
    assert profile.user_id(rest) == 7
    assert profile.username(rest) == "ann"
    assert profile.quota_remind_threshold(rest) == 10_000_000
    assert profile.unknown_fields(rest) == ("code", "data.new")


@pytest.mark.parametrize(
    "rest", [{}, {"data": None}, {"data": {"id": 0, "username": "", "ext": None}}]
)
def test_what_was_not_told_is_unknown(rest: Any) -> None:
    assert profile.user_id(rest) is None
    assert profile.username(rest) is None
    assert profile.quota_remind_threshold(rest) is None
    assert profile.unknown_fields(rest) == ()


@given(st.integers(), st.integers(), st.none() | st.integers(0))
def test_the_response_is_given_back_whole(quota: int, used: int, count: int | None) -> None:
    rest = kept({"id": 7, "plan": 1})
    counters = {"quota": quota, "used_quota": used}
    counters |= {} if count is None else {"request_count": count}
    assert profile.response(rest, quota, used, count) == {
        "success": True,
        "data": {"id": 7, "plan": None, **counters},
    }
    assert "quota" not in rest["data"]
