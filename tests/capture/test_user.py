import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.capture.asking import assert_no_secret
from tests.gateway_server import NEWER_USER_SELF, TOKEN, UNDOCUMENTED, USER_SELF, user_self
from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.capture.profile import response
from usage_tracker.capture.user import UserSelf, understand
from usage_tracker.config.token import Token

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
def test_a_documented_answer_is_kept_without_its_secrets(answer: dict[str, Any]) -> None:
    user = understand(answer, NOW)
    assert (user.captured_at, user.quota, user.used_quota) == (NOW, 29071257, 286403484)
    assert user.request_count == answer["data"].get("request_count")
    assert_no_secret(json.dumps(user.rest))


@pytest.mark.parametrize("count", [None, -1, "many", 0.5, True, [], 2**63])
def test_a_bad_request_count_is_unknown_and_spoils_nothing(count: Any) -> None:
    user = understand(user_self(request_count=count), NOW)
    assert (user.request_count, user.quota) == (None, 29071257)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ([], "success is not true"),
        ({"success": True}, "data is no object"),
        ({"success": True, "data": {"used_quota": 1}}, "quota is missing"),
        (user_self(quota=None), "quota is not a whole number of 64 bits"),
        (user_self(used_quota="secret"), "used_quota is not a whole number of 64 bits"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(answer: object, detail: str) -> None:
    with pytest.raises(GatewayError) as caught:
        understand(answer, NOW)
    assert (caught.value.kind, caught.value.detail) == (Kind.MALFORMED, detail)


def test_an_error_beside_a_good_answer_does_not_spoil_it() -> None:
    assert understand({**USER_SELF, "error": {"message": "x"}}, NOW).quota == 29071257


@given(ANSWERS)
@example({"success": True, "data": {"quota": 1, "used_quota": 2, "id": 10**400}})
def test_any_answer_is_understood_or_refused_and_tells_no_secret(answer: object) -> None:
    outcome = understand_or_refuse(answer)
    if isinstance(outcome, GatewayError):
        assert outcome.kind in {"malformed", "refused", "unauthorized", "suspended"}
        assert_no_secret(f"{outcome} {outcome.detail}")
    else:
        text = json.dumps(outcome.rest, ensure_ascii=False, allow_nan=False)
        assert_no_secret(text)
        text.encode()
        assert_round_trip(outcome)


def understand_or_refuse(answer: object) -> UserSelf | GatewayError:
    try:
        return understand(answer, NOW, Token(TOKEN))
    except GatewayError as error:
        return error


def assert_round_trip(user: UserSelf) -> None:
    whole = response(user.rest, user.quota, user.used_quota, user.request_count)
    assert understand(json.loads(json.dumps(whole)), NOW) == user
    assert understand(whole, NOW, Token(TOKEN)) == user
