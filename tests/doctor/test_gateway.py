import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.doctor.conftest import STATUS, dated
from tests.gateway_server import (
    SECRETS,
    TOKEN,
    UNDOCUMENTED,
    USER_SELF,
    Gateway,
    after,
    answers,
    http_reply,
    json_reply,
    serve,
    unused_url,
    user_self,
)
from usage_tracker.config.accounts import Account, TokenFromCommand, TokenFromEnv, TokenFromFile
from usage_tracker.doctor.diagnostic import Diagnostic
from usage_tracker.doctor.gateway import check_gateways

HEALTHY = json_reply(STATUS, headers=dated())


@pytest.fixture
def account(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("WORK_KEY", TOKEN)
    return Account("work", TokenFromEnv("WORK_KEY"), base_url=gateway.url)


def check(*accounts: Account) -> dict[str, Diagnostic]:
    found = list(check_gateways(accounts, deadline=5))
    assert not any(secret in repr(found) for secret in SECRETS)
    return {diagnostic.subject: diagnostic for diagnostic in found}


def test_a_healthy_gateway_is_ok(account: Account) -> None:
    found = check(account)
    assert {diagnostic.gravity for diagnostic in found.values()} == {"ok"}
    assert set(found) == {"token", "network", "reminder", "clock", "quota_per_unit"}
    assert found["network"].text.endswith("answers: $58.14 left")
    assert found["reminder"].text == "the gateway reminds you below $1.00"


def test_accounts_are_reported_in_their_order(account: Account) -> None:
    several = [replace(account, name=f"work {n}") for n in range(8)]
    found = [each.account for each in check_gateways(several, deadline=5) if each.account]
    assert list(dict.fromkeys(found)) == [each.name for each in several]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TokenFromEnv("WORK_KEY"), "the variable WORK_KEY, which cron does not see"),
        (TokenFromCommand(("printf", TOKEN)), "the command 'printf'"),
    ],
)
def test_the_source_of_the_token_is_shown(
    source: TokenFromEnv | TokenFromCommand, words: str, account: Account
) -> None:
    assert check(Account("a", source, account.base_url))["token"].text == f"accepted, from {words}"


def test_an_unreadable_token_is_a_problem_with_a_fix(account: Account) -> None:
    missing = Account("work", TokenFromFile(Path("/nowhere/key")), account.base_url)
    found = check(missing)["token"]
    assert (found.gravity, found.account) == ("wrong", "work")
    assert "/nowhere/key" in found.text


def test_a_refused_token_is_a_problem_with_a_fix(account: Account, gateway: Gateway) -> None:
    refusal = {"success": False, "message": "access token invalid"}
    gateway.script = answers(json_reply(refusal, 401), HEALTHY)
    found = check(account)["network"]
    assert found.gravity == "wrong"
    assert "set WORK_KEY to it" in found.text


def test_an_unreachable_gateway_is_reported_once() -> None:
    found = list(
        check_gateways([Account("a", TokenFromCommand(("printf", TOKEN)), unused_url())], 1)
    )
    assert [(each.subject, each.gravity) for each in found] == [("network", "wrong")]


@pytest.mark.parametrize(
    ("seconds", "gravity", "word"),
    [(10, "ok", "agrees"), (-10, "ok", "agrees"), (-600, "wrong", "fast"), (600, "wrong", "slow")],
)
def test_the_clock_is_compared_with_the_gateways(
    seconds: int, gravity: str, word: str, account: Account, gateway: Gateway
) -> None:
    gateway.script = answers(json_reply(user_self()), json_reply(STATUS, headers=dated(seconds)))
    found = check(account)["clock"]
    assert found.gravity == gravity
    assert word in found.text


def test_a_gateway_with_another_unit_is_a_problem(account: Account, gateway: Gateway) -> None:
    status = {"success": True, "data": {"quota_per_unit": 1_000_000.0}}
    gateway.script = answers(json_reply(user_self()), json_reply(status))
    found = check(account)["quota_per_unit"]
    assert found.gravity == "wrong"
    assert found.cure == "set quota_per_unit = 1000000 for this account in the configuration"


@pytest.mark.parametrize(
    "status",
    [
        http_reply(404, b"no"),
        http_reply(200, b"<html>"),
        json_reply([]),
        json_reply({"data": {"quota_per_unit": "many"}}),
        json_reply({"data": {"quota_per_unit": 0}}),
    ],
)
def test_a_gateway_that_declares_no_unit_is_ok(
    status: object, account: Account, gateway: Gateway
) -> None:
    gateway.script = answers(json_reply(user_self()), status)  # type: ignore[arg-type]
    found = check(account)
    assert "quota_per_unit" not in found
    assert all(diagnostic.gravity != "wrong" for diagnostic in found.values())


def test_a_disabled_reminder_is_a_note(account: Account, gateway: Gateway) -> None:
    gateway.script = answers(json_reply(user_self(notify=False)), HEALTHY)
    found = check(account)["reminder"]
    assert (found.gravity, found.cure) == (
        "note",
        "enable it in the gateway's settings, or use [notify] in the configuration",
    )


def test_undocumented_fields_are_named_without_their_values(
    account: Account, gateway: Gateway
) -> None:
    gateway.script = answers(json_reply(user_self(mystery=UNDOCUMENTED)), HEALTHY)
    found = check(account)["answer"]
    assert found.gravity == "note"
    assert "data.mystery" in found.text


def test_slow_gateways_are_asked_at_the_same_time(account: Account) -> None:
    slow = after(1.0, json_reply(USER_SELF))
    with ExitStack() as stack:
        servers = [stack.enter_context(serve(slow)) for _ in range(5)]
        several = [
            replace(account, name=f"work {number}", base_url=server.url)
            for number, server in enumerate(servers)
        ]
        began = time.monotonic()
        assert len(list(check_gateways(several, deadline=10))) > 5
        assert time.monotonic() - began < 5
        assert [len(server.requests) for server in servers] == [2] * 5
