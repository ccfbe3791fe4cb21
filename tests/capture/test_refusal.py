from typing import Any

import pytest

from usage_tracker.capture.errors import GatewayError, Kind, named_header
from usage_tracker.capture.refusal import error_message, is_refusal, refusal_kind


@pytest.mark.parametrize(
    "answer",
    [
        {"message": "why"},
        {"message": "", "msg": "why"},
        {"error": "why"},
        {"error": {"message": "why", "type": "one_api_error"}},
        {"error": {"message": "", "detail": " why "}},
        {"code": 7, "msg": "why"},
        {"detail": "why"},
        {"detail": [{"loc": ["x"], "msg": "why", "input": "secret"}]},
        {"reason": "why"},
        {"errors": ["why", "more"]},
        {"errors": [{"message": "why"}]},
    ],
)
def test_the_reason_is_found_wherever_gateways_write_it(answer: dict[str, Any]) -> None:
    assert error_message(answer) == "why"


@pytest.mark.parametrize(
    "answer",
    [{}, {"message": 5}, {"error": None}, {"errors": []}, {"error": [[[["deep"]]]]}, {"data": "x"}],
)
def test_anything_else_is_no_reason(answer: dict[str, Any]) -> None:
    assert error_message(answer) == ""


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ({"success": False}, True),
        ({"success": True, "error": "x"}, False),
        ({"error": "x"}, True),
        ({"error": {"message": ""}}, True),
        ({"errors": ["x"]}, True),
        ({"error": ""}, False),
        ({"error": None, "errors": []}, False),
        ({"message": "x"}, False),
    ],
)
def test_an_answer_with_an_error_is_a_refusal(answer: dict[str, Any], *, refused: bool) -> None:
    assert is_refusal(answer) is refused


@pytest.mark.parametrize(
    ("message", "header"),
    [
        ("未提供 New-Api-User", "New-Api-User"),
        ("New-Api-User 与登录用户不匹配", "New-Api-User"),
        ("header new-api-user is not a number", "new-api-user"),
        ("missing Veloera-User", "Veloera-User"),
        ("the end-user has no api", None),
        ("a-" * 100_000, None),
    ],
)
def test_a_header_that_is_named_is_the_fix_and_not_a_new_key(
    message: str, header: str | None
) -> None:
    assert named_header(message) == header
    if header is not None:
        assert refusal_kind(message) is Kind.UNAUTHORIZED
        told = str(GatewayError(Kind.UNAUTHORIZED, 401, message))
        assert f"--header '{header}: 42'" in told
        assert "personal settings" in told
        assert "new key" not in told


def test_a_new_key_comes_last() -> None:
    told = str(GatewayError(Kind.UNAUTHORIZED, 401, "access token 无效"))
    assert told.index("copied completely") < told.index("a new key last")
    assert GatewayError(Kind.NETWORK, detail="New-Api-User").header is None
