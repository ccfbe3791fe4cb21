import json
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.capture.calls import assert_no_secret
from tests.gateway_server import NEWER_USER_SELF, TOKEN, UNDOCUMENTED, USER_SELF, user_self
from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.user import (
    LIMIT,
    UserSelf,
    build_profile,
    full_response,
    parse_int64,
    parse_user_self,
    quota_remind_threshold,
    sanitise,
    unknown_fields,
    user_id,
    username,
)
from usage_tracker.config.credentials import Token

NOW = 1_795_442_312_505
# fmt: off
NAMES = st.sampled_from([
    "success", "message", "data", "error", "quota", "used_quota", "request_count", "id",
    "username", "password", "access_token", "verification_code", "ext", "notify_email", "plan",
]) | st.text(max_size=8)
# fmt: on
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.integers().map(str)
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from([TOKEN, f"key {TOKEN}!", "Account suspended", "access token"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=20,
)
SECRET = st.just(UNDOCUMENTED)
ANSWERS = VALUES | st.fixed_dictionaries(
    {
        "success": st.just(True) | VALUES,
        "data": st.fixed_dictionaries(
            {"quota": st.integers(-(2**63), 2**63 - 1) | VALUES, "used_quota": st.integers(0, 9)},
            optional={"password": SECRET, "ext": VALUES | SECRET, "plan": SECRET, "id": VALUES},
        ),
    },
    optional={"message": VALUES, "access_token": SECRET, "code": SECRET},
)


@pytest.mark.parametrize("answer", [USER_SELF, NEWER_USER_SELF])
def test_a_documented_answer_is_stored_without_its_secrets(answer: dict[str, Any]) -> None:
    user = parse_user_self(answer, NOW)
    assert (user.captured_at, user.quota, user.used_quota) == (NOW, 29071257, 286403484)
    assert user.request_count == answer["data"].get("request_count")
    assert_no_secret(json.dumps(user.profile))


@pytest.mark.parametrize("count", [None, -1, "many", 0.5, True, [], 2**63])
def test_a_bad_request_count_is_unknown_and_spoils_nothing(count: Any) -> None:
    user = parse_user_self(user_self(request_count=count), NOW)
    assert (user.request_count, user.quota) == (None, 29071257)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ([], "success is not true"),
        ({"success": True}, "data is not an object"),
        ({"success": True, "data": {"used_quota": 1}}, "quota is missing"),
        (user_self(quota=None), "quota is not a whole number of 64 bits"),
        (user_self(used_quota="secret"), "used_quota is not a whole number of 64 bits"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(answer: object, detail: str) -> None:
    with pytest.raises(GatewayError) as caught:
        parse_user_self(answer, NOW)
    assert (caught.value.kind, caught.value.detail) == (Kind.MALFORMED, detail)


def test_an_error_beside_a_good_answer_does_not_spoil_it() -> None:
    assert parse_user_self({**USER_SELF, "error": {"message": "x"}}, NOW).quota == 29071257


@given(ANSWERS)
@example({"success": True, "data": {"quota": 1, "used_quota": 2, "id": 10**400}})
def test_any_answer_is_parsed_or_refused_and_shows_no_secret(answer: object) -> None:
    outcome = understand_or_refuse(answer)
    if isinstance(outcome, GatewayError):
        assert outcome.kind in {"malformed", "refused", "unauthorized", "suspended"}
        assert_no_secret(f"{outcome} {outcome.detail}")
    else:
        text = json.dumps(outcome.profile, ensure_ascii=False, allow_nan=False)
        assert_no_secret(text)
        text.encode()
        assert_round_trip(outcome)


def understand_or_refuse(answer: object) -> UserSelf | GatewayError:
    try:
        return parse_user_self(answer, NOW, Token(TOKEN))
    except GatewayError as error:
        return error


def assert_round_trip(user: UserSelf) -> None:
    whole = full_response(user.profile, user.quota, user.used_quota, user.request_count)
    assert parse_user_self(json.loads(json.dumps(whole)), NOW) == user
    assert parse_user_self(whole, NOW, Token(TOKEN)) == user


KEY = Token("fd0123456789abcdef")


def profile_of(data: dict[str, Any], **envelope: Any) -> Any:
    return build_profile({"success": True, **envelope, "data": data}, data, KEY)


def profile_data(**data: Any) -> Any:
    return profile_of(data)["data"]


def test_documented_fields_keep_their_values() -> None:
    data = {"id": 7, "username": "ann", "notify": True, "email": None, "created_at": 1.5e9}
    assert profile_of(data, message="ok") == {"success": True, "message": "ok", "data": data}


@pytest.mark.parametrize("name", ["password", "access_token", "verification_code", "PassWord"])
def test_secrets_leave_no_trace(name: str) -> None:
    assert profile_of({name: "x"}, **{name: "y"}) == {"success": True, "data": {}}


@pytest.mark.parametrize("name", ["quota", "used_quota", "request_count"])
def test_counters_are_not_part_of_the_profile(name: str) -> None:
    assert profile_data(**{name: 5}) == {}


@pytest.mark.parametrize("value", ["text", 5, True, {"password": "x"}, [1, {"a": "b"}]])
def test_undocumented_fields_and_ext_keep_their_name_alone(value: Any) -> None:
    read = profile_of({"ext": value, "plan": value}, code=value)
    assert read == {"success": True, "code": None, "data": {"ext": None, "plan": None}}


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], float("nan"), float("inf"), 10**30])
def test_a_documented_field_holds_no_more_than_a_plain_value(value: Any) -> None:
    assert profile_data(email=value) == {"email": None}


def test_the_token_is_masked_in_values_and_names() -> None:
    read = profile_of({"aff_code": f"key {KEY.reveal()}", KEY.reveal(): 1}, message=KEY.reveal())
    assert read == {"success": True, "message": "***", "data": {"aff_code": "key ***", "***": None}}


def test_a_lone_surrogate_does_not_reach_the_database() -> None:
    assert profile_data(username="a\ud800b") == {"username": "a?b"}


def test_names_are_short_printable_and_few() -> None:
    data = {"na\nme": 1, "x" * 500: 2, "\u202e": 3, **{f"f{number}": 0 for number in range(500)}}
    names = list(profile_of(data)["data"])
    assert names[:2] == ["na me", "x" * 63 + "…"]
    assert len(names) == 100


def test_a_name_in_disguise_takes_no_documented_ones_place() -> None:
    disguised = {"quo\u200bta": 1, "i\u200bd": 2, "pass\u200bword": 3, "\u200bdata": 4}
    assert profile_of({"id": 7, **disguised}, **{"da\u200bta": 1}) == {
        "success": True,
        "data": {"id": 7, "data": None},
    }


def test_what_others_want_to_know_is_read_from_it() -> None:
    read = profile_of(
        {"id": "7", "username": "ann", "quota_remind_threshold": 1e7, "new": 1}, code=0
    )
    assert user_id(read) == 7
    assert username(read) == "ann"
    assert quota_remind_threshold(read) == 10_000_000
    assert unknown_fields(read) == ("code", "data.new")


@pytest.mark.parametrize(
    "read", [{}, {"data": None}, {"data": {"id": 0, "username": "", "ext": None}}]
)
def test_a_missing_field_is_unknown(read: Any) -> None:
    assert user_id(read) is None
    assert username(read) is None
    assert quota_remind_threshold(read) is None
    assert unknown_fields(read) == ()


@given(st.integers(), st.integers(), st.none() | st.integers(0))
def test_the_full_response_can_be_restored(quota: int, used: int, count: int | None) -> None:
    read = profile_of({"id": 7, "plan": 1})
    counters = {"quota": quota, "used_quota": used}
    counters |= {} if count is None else {"request_count": count}
    assert full_response(read, quota, used, count) == {
        "success": True,
        "data": {"id": 7, "plan": None, **counters},
    }
    assert "quota" not in read["data"]


INT64 = st.integers(-(2**63), 2**63 - 1)


@given(INT64)
def test_whole_numbers_of_64_bits_are_themselves_as_numbers_and_as_digits(number: int) -> None:
    assert parse_int64(number) == number
    assert parse_int64(str(number)) == number


@given(st.integers(-(2**53), 2**53))
def test_integral_floats_are_taken_as_far_as_they_are_exact(number: int) -> None:
    assert parse_int64(float(number)) == number


@given(st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1))
def test_what_does_not_fit_64_bits_is_refused(number: int) -> None:
    assert parse_int64(number) is None
    assert parse_int64(str(number)) is None


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0.5, 2.0**53 + 2, float("nan"), float("inf"), float("-inf")),
        *(
            "",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "0x10",
            "1_000",
            "\uff11",
            "--1",
            "+",
            "+5",
            "0" * 21,
            b"1",
        ),
        *([], [1], {}, {"quota": 1}),
    ],
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    assert parse_int64(value) is None


@given(st.text(), st.integers(1, 80))
def test_foreign_text_is_one_short_printable_line_without_markup(text: str, limit: int) -> None:
    words = sanitise(text, KEY, limit)
    assert len(words) <= limit
    assert not any(unicodedata.category(character)[0] == "C" for character in words)
    assert words.splitlines() == ([words] if words else [])
    assert not {"<", ">"} & set(words)


@given(st.text(), st.integers(1, 80))
def test_sanitised_text_stays_as_it_is(text: str, limit: int) -> None:
    words = sanitise(text, KEY, limit)
    assert sanitise(words, None, limit) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Access\tdenied.\r\n", "Access denied."),
        ("<h1>No</h1> <script>alert(1)</script>", "No alert(1)"),
        ("<<b>script>", "script"),
        ("a \u202eb\u2066c\u200bd\ufeff", "a bcd"),
        ("\x1b]0;title\x07red", "]0;titlered"),
        ("token 无效", "token 无效"),
        ("\ud800x", "x"),
        ("key fd0123456789\u200babcdef", "key ***"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_what_is_not_plain_is_dropped(text: str, words: str) -> None:
    assert sanitise(text, KEY) == words


def test_a_token_at_the_cut_is_masked_before_the_cut() -> None:
    words = sanitise("x" * (LIMIT - 10) + KEY.reveal(), KEY)
    assert words.endswith("x***")


def test_a_flood_of_brackets_is_no_work() -> None:
    start = time.monotonic()
    sanitise("<" * 200_000, KEY)
    assert time.monotonic() - start < 5
