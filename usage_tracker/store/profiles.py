"""What a response says besides the counters, stored once per distinct content.

It tells whose answer it is, so a new profile is where another account shows itself:
by an id that the label's profiles do not have, or, lacking ids, by a username.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Self

from sqlalchemy import Connection, Select, select

from usage_tracker.capture.user import Profile, user_id, username
from usage_tracker.errors import DatabaseError
from usage_tracker.store import accounts
from usage_tracker.store.accounts import OtherAccountError, StoredAccount, lock
from usage_tracker.store.schema import profile
from usage_tracker.store.statements import insert


class DamagedProfileError(DatabaseError):
    """A stored text that is no profile."""

    def __init__(self) -> None:
        super().__init__(
            "what an answer said besides its counters is damaged in the database: "
            "`tracker db check` tells whose"
        )


def canonical_json(rest: Profile) -> str:
    """The one way to write `rest` as JSON, in ASCII."""
    return json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parse(body: str) -> Profile:
    """The profile that `body` is."""
    try:
        rest = json.loads(body)
    except (ValueError, TypeError, RecursionError):
        raise DamagedProfileError from None
    if not isinstance(rest, dict):
        raise DamagedProfileError
    return rest


def digest(body: str) -> str:
    """The SHA-256 of a profile's text, in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


class Identities:
    """The ids and usernames that the profiles of one account have told."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._usernames: set[str] = set()

    @classmethod
    def of(cls, bodies: Iterable[str]) -> Self:
        """Those of the profiles with these texts."""
        identities = cls()
        for body in bodies:
            identities.add(parse(body))
        return identities

    def add(self, rest: Profile) -> None:
        """Take `rest` for the account's own."""
        if (number := user_id(rest)) is not None:
            self._ids.add(number)
        if (name := username(rest)) is not None:
            self._usernames.add(name)

    def include(self, rest: Profile) -> bool:
        """Whether something tells that `rest` is of the same account."""
        told = user_id(rest) in self._ids or username(rest) in self._usernames
        return told and self.stranger(rest) is None

    def stranger(self, rest: Profile) -> str | None:
        """What tells that `rest` is of another account; None if nothing does."""
        number, name = user_id(rest), username(rest)
        if number is not None and self._ids:
            return None if number in self._ids else f"id {number}"
        if name is not None and self._usernames:
            return None if name in self._usernames else f"username {name!r}"
        return None


def get_or_create(connection: Connection, account: StoredAccount, rest: Profile) -> int:
    """The profile_id of `rest`, which is stored if it is new.

    Raises:
        OtherAccountError: It is of another account.
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
    """Store a profile unless it is there, once `known` finds nothing against it."""
    rest = parse(body)
    if (stranger := known.stranger(rest)) is not None:
        raise OtherAccountError(f"{account.name!r} was recorded for another user than {stranger}")
    known.add(rest)
    row = {"account_id": account.account_id, "sha256": sha256, "body": body}
    connection.execute(insert(connection, profile).values(row).on_conflict_do_nothing())
    return connection.scalars(_matching(account.account_id, sha256)).one()


def list_profiles(connection: Connection, account_id: int) -> list[tuple[int, str, str]]:
    """The account's profiles as (profile_id, sha256, JSON text), oldest first."""
    statement = (
        select(profile.c.profile_id, profile.c.sha256, profile.c.body)
        .where(profile.c.account_id == account_id)
        .order_by(profile.c.profile_id)
    )
    return [tuple(row) for row in connection.execute(statement)]


def load_identities(connection: Connection, account_id: int) -> Identities:
    """Whom the account's profiles have told of."""
    return Identities.of(body for _, _, body in list_profiles(connection, account_id))


def other_accounts_of_user(
    connection: Connection, account: StoredAccount, rest: Profile
) -> list[str]:
    """The other names under which the gateway of `account` has told of the user of `rest`."""
    return [
        other.name
        for other in accounts.list_accounts(connection)
        if other.account_id != account.account_id
        and other.base_url == account.base_url
        and load_identities(connection, other.account_id).include(rest)
    ]


def get(connection: Connection, profile_id: int | None) -> Profile | None:
    """The profile of a snapshot; None if it has none, as an import may leave it."""
    found = connection.scalar(select(profile.c.body).where(profile.c.profile_id == profile_id))
    return None if found is None else parse(found)


def _matching(account_id: int, sha256: str) -> Select[int]:
    return select(profile.c.profile_id).where(
        profile.c.account_id == account_id, profile.c.sha256 == sha256
    )
