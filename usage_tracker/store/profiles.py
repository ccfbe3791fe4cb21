"""Profiles: the content of a response without its counters, each distinct one stored once.

A profile identifies the user, so a new one is checked against the stored profiles of the
account: another id, or if there are no ids another username, is another account.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Self

from sqlalchemy import Connection, Select, select

from usage_tracker.capture.user import Profile, user_id, username
from usage_tracker.errors import DatabaseError
from usage_tracker.store.accounts import OtherAccountError, StoredAccount, lock
from usage_tracker.store.schema import profile
from usage_tracker.store.statements import insert


class DamagedProfileError(DatabaseError):
    """A stored text is not a profile."""

    def __init__(self) -> None:
        super().__init__("a stored profile is damaged: `tracker db check` shows of which account")


def canonical_json(rest: Profile) -> str:
    """Return `rest` as canonical JSON, in ASCII."""
    return json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parse(body: str) -> Profile:
    """Return the profile of a stored text."""
    try:
        rest = json.loads(body)
    except (ValueError, TypeError, RecursionError):
        raise DamagedProfileError from None
    if not isinstance(rest, dict):
        raise DamagedProfileError
    return rest


def digest(body: str) -> str:
    """Return the SHA-256 of a profile's text, in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


class Identities:
    """The ids and usernames in the profiles of one account."""

    def __init__(self) -> None:
        self.ids: set[int] = set()
        self.usernames: set[str] = set()

    @classmethod
    def from_bodies(cls, bodies: Iterable[str]) -> Self:
        """Return the identities in profiles with these texts."""
        identities = cls()
        for body in bodies:
            identities.add(parse(body))
        return identities

    def add(self, rest: Profile) -> None:
        """Add the id and the username of a profile of the account."""
        if (number := user_id(rest)) is not None:
            self.ids.add(number)
        if (name := username(rest)) is not None:
            self.usernames.add(name)

    def overlaps(self, other: "Identities") -> bool:
        """Return whether the profiles of another account certainly belong to the same user."""
        if self.ids and other.ids:
            return not self.ids.isdisjoint(other.ids)
        return not self.usernames.isdisjoint(other.usernames)

    def mismatch(self, rest: Profile) -> str | None:
        """Return the id or username that belongs to another account, None if there is none."""
        number, name = user_id(rest), username(rest)
        if number is not None and self.ids:
            return None if number in self.ids else f"id {number}"
        if name is not None and self.usernames:
            return None if name in self.usernames else f"username {name!r}"
        return None


def get_or_create(connection: Connection, account: StoredAccount, rest: Profile) -> int:
    """Return the profile_id of `rest`, stored if it is new.

    Raises:
        OtherAccountError: It belongs to another account.
    """
    body = canonical_json(rest)
    sha256 = digest(body)
    profile_id = connection.scalar(_matching(account.account_id, sha256))
    if profile_id is not None:
        return profile_id
    lock(connection, account.account_id)
    return insert_unless_stored(
        connection, account, load_identities(connection, account.account_id), sha256, body
    )


def insert_unless_stored(
    connection: Connection, account: StoredAccount, known: Identities, sha256: str, body: str
) -> int:
    """Check a profile against the `known` identities, store it, and return its profile_id."""
    rest = parse(body)
    if (user := known.mismatch(rest)) is not None:
        raise OtherAccountError(f"{account.name!r} was recorded for another user than {user}")
    known.add(rest)
    row = {"account_id": account.account_id, "sha256": sha256, "body": body}
    connection.execute(insert(connection, profile).values(row).on_conflict_do_nothing())
    return connection.scalars(_matching(account.account_id, sha256)).one()


def list_profiles(connection: Connection, account_id: int) -> list[tuple[int, str, str]]:
    """Return the account's profiles as (profile_id, sha256, JSON text), oldest first."""
    statement = (
        select(profile.c.profile_id, profile.c.sha256, profile.c.body)
        .where(profile.c.account_id == account_id)
        .order_by(profile.c.profile_id)
    )
    return [tuple(row) for row in connection.execute(statement)]


def load_identities(connection: Connection, account_id: int) -> Identities:
    """Return the identities in the account's profiles."""
    return Identities.from_bodies(body for _, _, body in list_profiles(connection, account_id))


def get(connection: Connection, profile_id: int | None) -> Profile | None:
    """Return the profile of a snapshot; None if it has none, as after some imports."""
    found = connection.scalar(select(profile.c.body).where(profile.c.profile_id == profile_id))
    return None if found is None else parse(found)


def _matching(account_id: int, sha256: str) -> Select[int]:
    return select(profile.c.profile_id).where(
        profile.c.account_id == account_id, profile.c.sha256 == sha256
    )
