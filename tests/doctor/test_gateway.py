from dataclasses import replace
from pathlib import Path

import pytest

from tests.doctor.conftest import STATUS, answers, dated
from tests.gateway_server import (
    SECRETS,
    TOKEN,
    UNDOCUMENTED,
    Gateway,
    http_reply,
    json_reply,
    unused_url,
    user_self,
)
from usage_tracker.config.accounts import Account, TokenFromCommand, TokenFromEnv, TokenFromFile
from usage_tracker.doctor.diagnostic import Symptom
from usage_tracker.doctor.gateway import examine_gateways

WELL = json_reply(STATUS, headers=dated())


@pytest.fixture
def account(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("WORK_KEY", TOKEN)
    return Account("work", TokenFromEnv("WORK_KEY"), base_url=gateway.url)


def look(*accounts: Account) -> dict[str, Symptom]:
    found = list(examine_gateways(accounts, deadline=5))
    assert not any(secret in repr(found) for secret in SECRETS)
    return {symptom.subject: symptom for symptom in found}


def test_all_is_well(account: Account) -> None:
    found = look(account)
    assert {symptom.gravity for symptom in found.values()} == {"ok"}
    assert set(found) == {"token", "network", "reminder", "clock", "quota_per_unit"}
    assert found["network"].text.endswith("answers: $58.14 left")
    assert found["reminder"].text == "the gateway reminds you below $1.00"


def test_accounts_are_told_in_their_order(account: Account) -> None:
    several = [replace(account, name=f"work {n}") for n in range(8)]
    found = [each.account for each in examine_gateways(several, deadline=5) if each.account]
    assert list(dict.fromkeys(found)) == [each.name for each in several]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TokenFromEnv("WORK_KEY"), "the variable WORK_KEY, which cron does not see"),
        (TokenFromCommand(("printf", TOKEN)), "the command 'printf'"),
    ],
)
def test_it_tells_where_the_token_comes_from(
    source: TokenFromEnv | TokenFromCommand, words: str, account: Account
) -> None:
    assert look(Account("a", source, account.base_url))["token"].text == f"accepted, from {words}"


def test_a_token_that_cannot_be_read_is_told_with_the_cure(account: Account) -> None:
    missing = Account("work", TokenFromFile(Path("/nowhere/key")), account.base_url)
    found = look(missing)["token"]
    assert (found.gravity, found.account) == ("wrong", "work")
    assert "/nowhere/key" in found.text


def test_a_token_that_is_refused_is_told_with_the_cure(account: Account, gateway: Gateway) -> None:
    refusal = {"success": False, "message": "access token invalid"}
    gateway.script = answers(json_reply(refusal, 401), WELL)
    found = look(account)["network"]
    assert found.gravity == "wrong"
    assert "set WORK_KEY to it" in found.text


def test_a_gateway_that_is_not_there_is_told_once() -> None:
    found = list(
        examine_gateways([Account("a", TokenFromCommand(("printf", TOKEN)), unused_url())], 1)
    )
    assert [(symptom.subject, symptom.gravity) for symptom in found] == [("network", "wrong")]


@pytest.mark.parametrize(
    ("seconds", "gravity", "word"),
    [(10, "ok", "agrees"), (-10, "ok", "agrees"), (-600, "wrong", "fast"), (600, "wrong", "slow")],
)
def test_the_clock_is_compared_with_the_gateways(
    seconds: int, gravity: str, word: str, account: Account, gateway: Gateway
) -> None:
    gateway.script = answers(json_reply(user_self()), json_reply(STATUS, headers=dated(seconds)))
    found = look(account)["clock"]
    assert found.gravity == gravity
    assert word in found.text


def test_a_gateway_that_counts_in_other_units_is_told(account: Account, gateway: Gateway) -> None:
    status = {"success": True, "data": {"quota_per_unit": 1_000_000.0}}
    gateway.script = answers(json_reply(user_self()), json_reply(status))
    found = look(account)["quota_per_unit"]
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
def test_a_gateway_that_does_not_tell_its_unit_is_not_blamed(
    status: object, account: Account, gateway: Gateway
) -> None:
    gateway.script = answers(json_reply(user_self()), status)  # type: ignore[arg-type]
    found = look(account)
    assert "quota_per_unit" not in found
    assert all(symptom.gravity != "wrong" for symptom in found.values())


def test_a_reminder_that_is_off_is_worth_a_note(account: Account, gateway: Gateway) -> None:
    gateway.script = answers(json_reply(user_self(notify=False)), WELL)
    found = look(account)["reminder"]
    assert (found.gravity, found.cure) == (
        "note",
        "switch it on in the gateway's settings, or use [notify] in the configuration",
    )


def test_fields_that_nobody_documented_are_named_without_their_values(
    account: Account, gateway: Gateway
) -> None:
    gateway.script = answers(json_reply(user_self(mystery=UNDOCUMENTED)), WELL)
    found = look(account)["answer"]
    assert found.gravity == "note"
    assert "data.mystery" in found.text
