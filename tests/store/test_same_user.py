from typing import Any

import pytest
from sqlalchemy import text

from tests.store.samples import T0, account, answer, save
from usage_tracker.store import accounts
from usage_tracker.store.database import Database
from usage_tracker.store.same_user import SameUsers, same_users

MEI = {"id": 7, "username": "mei"}
GATEWAY = "https://aihubmix.com"


def found(
    database_url: str, *answers: tuple[str, str, dict[str, Any]], **fallbacks: str
) -> SameUsers:
    """Return the same users of (name, base_url, profile), with fallback URLs by name."""
    with Database.open(database_url) as database:
        for number, (name, url, data) in enumerate(answers):
            save(database, answer(T0 + number, **data), to=account(name, base_url=url))
        configured = [account(name, fallback_urls=(url,)) for name, url in fallbacks.items()]
        with database.read() as connection:
            return same_users(connection, accounts.list_accounts(connection), configured)


def test_three_names_of_one_user_are_found(database_url: str) -> None:
    one, two, three, other = ((name, GATEWAY, MEI) for name in ("a", "b", "c", "d"))
    assert found(database_url, one, two, three, (*other[:2], {"id": 8, "username": "li"})) == {
        "a": ("b", "c"),
        "b": ("a", "c"),
        "c": ("a", "b"),
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (MEI, {"id": 7, "username": "renamed"}, True),
        (MEI, {"id": 8, "username": "mei"}, False),
        (MEI, {"username": "mei"}, True),
        ({"username": "mei"}, {"username": "mei"}, True),
        ({"username": "mei"}, {"username": "li"}, False),
        ({"id": 0, "username": ""}, {"id": 0, "username": ""}, False),
        ({}, {}, False),
    ],
)
def test_ids_decide_and_where_one_has_none_names(
    database_url: str, one: dict[str, Any], other: dict[str, Any], *, same: bool
) -> None:
    assert bool(found(database_url, ("a", GATEWAY, one), ("b", GATEWAY, other))) is same


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://aihubmix.com", True),
        ("https://api.inferera.com", True),
        ("https://aihubmix.com/proxy", False),
        ("https://other.example", False),
    ],
)
def test_the_same_gateway_may_be_spelled_differently(
    database_url: str, url: str, *, same: bool
) -> None:
    assert bool(found(database_url, ("a", GATEWAY, MEI), ("b", url, MEI))) is same


def test_a_fallback_is_an_address_of_the_gateway(database_url: str) -> None:
    two = ("a", GATEWAY, MEI), ("b", "https://mirror.example", MEI)
    assert found(database_url, *two) == {}
    assert found(database_url, a="https://mirror.example") == {"a": ("b",), "b": ("a",)}


def test_a_damaged_profile_identifies_nobody(database_url: str) -> None:
    assert found(database_url, ("a", GATEWAY, MEI), ("b", GATEWAY, MEI))
    with Database.open(database_url) as database, database.write() as connection:
        connection.execute(text("UPDATE profile SET body = '{'"))
    assert found(database_url) == {}
