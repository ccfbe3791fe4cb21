"""Accounts that are the same user of the same gateway, whose balance is one.

They are the same user if profiles of both have an id in common or, where one of them has no
ids, a username. They are on the same gateway if an address of one, its fallbacks included, is
one of the other: spelled alike, whatever the scheme, or documented as the same backend.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations

from sqlalchemy import Connection, select

from usage_tracker.config.accounts import Account
from usage_tracker.config.base_url import gateway
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.profiles import DamagedProfileError, Identities, parse
from usage_tracker.store.schema import profile

SameUsers = Mapping[str, tuple[str, ...]]
"""For each account that has any: the names of the others of the same user, in order."""


def same_users(
    connection: Connection, stored: Iterable[StoredAccount], configured: Iterable[Account] = ()
) -> SameUsers:
    """Return which of the `stored` accounts are the same user; `configured` have fallbacks."""
    accounts = {account.account_id: account for account in stored}
    if len(accounts) <= 1:
        return {}
    fallbacks = {account.name: account.fallback_urls for account in configured}
    users = _identities(connection)
    gateways = {
        key: {gateway(url) for url in (account.base_url, *fallbacks.get(account.name, ()))}
        for key, account in accounts.items()
    }
    groups: dict[int, set[int]] = {}
    for one, other in _candidates(users, accounts):
        if gateways[one] & gateways[other] and users[one].overlaps(users[other]):
            joined = groups.get(one, {one}) | groups.get(other, {other})
            groups |= dict.fromkeys(joined, joined)
    return {
        accounts[key].name: tuple(sorted(accounts[each].name for each in group - {key}))
        for key, group in groups.items()
    }


def _candidates(
    users: Mapping[int, Identities], accounts: Mapping[int, StoredAccount]
) -> set[tuple[int, int]]:
    """Return the pairs of accounts with an id or a username in common."""
    found: dict[int | str, list[int]] = {}
    for key in sorted(accounts.keys() & users.keys()):
        for mark in users[key].ids | users[key].usernames:
            found.setdefault(mark, []).append(key)
    return {pair for keys in found.values() for pair in combinations(keys, 2)}


def _identities(connection: Connection) -> dict[int, Identities]:
    users: dict[int, Identities] = {}
    for account_id, body in connection.execute(select(profile.c.account_id, profile.c.body)):
        try:
            users.setdefault(account_id, Identities()).add(parse(body))
        except DamagedProfileError:  # `tracker db check` names it
            continue
    return users
