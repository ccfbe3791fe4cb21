"""The accounts that have a history.

An account is known by the user's own label. The first answer that a gateway gives
binds the label to that gateway: from then on another base_url is another account.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Row, delete, exists, select, update
from sqlalchemy.exc import IntegrityError

from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.config.schema import NAME, NAME_LIMIT, is_name
from usage_tracker.errors import DatabaseError, MisuseError, NoHistoryError
from usage_tracker.store.schema import Source, failure, profile, snapshot
from usage_tracker.store.schema import account as accounts
from usage_tracker.store.statements import insert
from usage_tracker.times import now_ms


class OtherAccountError(GatewayError):
    """What came belongs to another account than the history under this name."""

    def __init__(self, detail: str) -> None:
        super().__init__(Kind.OTHER_ACCOUNT, detail=detail)


class UnknownAccountError(MisuseError):
    """A name under which nothing is stored."""

    def __init__(self, name: str, known: list[str]) -> None:
        names = ", ".join(map(repr, known)) or "none yet"
        super().__init__(
            f"there is no history of an account {name[:NAME_LIMIT]!r}: the database has {names}"
        )


class AccountRemovedError(DatabaseError):
    """Somebody removed the account at the same time."""

    def __init__(self) -> None:
        super().__init__("the account was removed from the database meanwhile: run it again")


class NothingStoredError(NoHistoryError):
    """A database without any account."""

    def __init__(self) -> None:
        super().__init__("the database is empty: run `tracker snapshot`, or try `tracker demo`")


class SeveralAccountsError(MisuseError):
    """The history of one account was asked for, and the database has several."""

    def __init__(self, names: list[str]) -> None:
        listed = ", ".join(map(repr, names))
        super().__init__(f"the database has several accounts: name one of {listed}")


class NameTakenError(MisuseError):
    """A new name that another account has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a history of an account {name!r} already: choose another name")


class InvalidNameError(MisuseError):
    """A name that no account can have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name[:40]!r} cannot name an account: use {NAME.description}")


class AccountLike(Protocol):
    """What the store needs to know of an account; a configured one knows it."""

    @property
    def name(self) -> str:
        """The user's own label."""

    @property
    def base_url(self) -> str:
        """The gateway's address in its one form."""

    @property
    def quota_per_unit(self) -> int:
        """Units to the dollar."""


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """A row of `account`; `created_at` is in UTC ms."""

    account_id: int
    name: str
    base_url: str
    quota_per_unit: int
    created_at: int


def list_accounts(connection: Connection) -> list[StoredAccount]:
    """Every account, by name."""
    return [_account(row) for row in connection.execute(select(accounts).order_by("name"))]


def find(connection: Connection, name: str) -> StoredAccount | None:
    """The account called `name`."""
    row = connection.execute(select(accounts).where(accounts.c.name == name)).first()
    return None if row is None else _account(row)


def get(connection: Connection, name: str) -> StoredAccount:
    """The account called `name`; an UnknownAccountError that lists the others if there is none."""
    found = find(connection, name)
    if found is None:
        raise UnknownAccountError(name, [account.name for account in list_accounts(connection)])
    return found


def get_many(connection: Connection, names: Collection[str]) -> list[StoredAccount]:
    """The accounts called `names`, each once, or all of them if none is named."""
    if not names:
        return list_accounts(connection)
    return [get(connection, name) for name in dict.fromkeys(names)]


def get_single(connection: Connection, name: str | None) -> StoredAccount:
    """The account called `name`, or the only one there is.

    Raises:
        UnknownAccountError: nothing is stored under that name.
        NothingStoredError, SeveralAccountsError: none was named, and there is none, or several.
    """
    if name is not None:
        return get(connection, name)
    found = list_accounts(connection)
    if not found:
        raise NothingStoredError
    if len(found) > 1:
        raise SeveralAccountsError([account.name for account in found])
    return found[0]


def get_or_create(
    connection: Connection, account: AccountLike, created_at: int | None = None
) -> StoredAccount:
    """The stored account of `account`, created or brought up to date.

    Raises:
        OtherAccountError: Another gateway has answered under this name.
    """
    known = find_for_update(connection, account.name)
    while known is None:
        _create(connection, account, now_ms() if created_at is None else created_at)
        # Another may have created it, and removed it since.
        known = find_for_update(connection, account.name)
    return _update(connection, known, account)


def rename(connection: Connection, name: str, new: str) -> None:
    """Give the history called `name` the name `new`."""
    _require_usable(new)
    account = _get_held(connection, name)
    if new != name and find(connection, new) is not None:
        raise NameTakenError(new)
    try:
        _set(connection, account.account_id, name=new)
    except IntegrityError:  # it was taken since one looked
        raise NameTakenError(new) from None


def move(connection: Connection, name: str, base_url: str) -> None:
    """Say that the account called `name` is now to be found at `base_url`."""
    _set(connection, _get_held(connection, name).account_id, base_url=base_url)


def remove(connection: Connection, name: str) -> int:
    """Delete the account called `name` with all it has; the number of its snapshots."""
    account_id = _get_held(connection, name, key_share=False).account_id
    count = 0
    # Children first: a foreign key is checked row by row.
    for table in (failure, snapshot, profile, accounts):
        deleted = connection.execute(delete(table).where(table.c.account_id == account_id))
        count = deleted.rowcount if table is snapshot else count
    return count


def lock(connection: Connection, account_id: int) -> None:
    """Hold back others who lock the account, where writers run side by side.

    Raises:
        RemovedMeanwhileError: There is none with that id any more.
    """
    row = select(accounts.c.account_id).where(accounts.c.account_id == account_id)
    # Not FOR UPDATE, which every new snapshot, by its foreign key, would wait for.
    if connection.scalar(row.with_for_update(key_share=True)) is None:
        raise AccountRemovedError


def find_for_update(
    connection: Connection, name: str, *, key_share: bool = True
) -> StoredAccount | None:
    """The account called `name`, locked so that what is found holds until it is acted upon.

    Without `key_share` those wait as well who only add rows to it.
    """
    row = select(accounts).where(accounts.c.name == name).with_for_update(key_share=key_share)
    found = connection.execute(row).first()
    return None if found is None else _account(found)


def _get_held(connection: Connection, name: str, *, key_share: bool = True) -> StoredAccount:
    return find_for_update(connection, name, key_share=key_share) or get(connection, name)


def _require_usable(name: str) -> None:
    if not is_name(name):
        raise InvalidNameError(name)


def _create(connection: Connection, account: AccountLike, created_at: int) -> None:
    _require_usable(account.name)
    values = {
        "name": account.name,
        "base_url": account.base_url,
        "quota_per_unit": account.quota_per_unit,
        "created_at": created_at,
    }
    connection.execute(insert(connection, accounts).values(values).on_conflict_do_nothing())


def _update(connection: Connection, known: StoredAccount, account: AccountLike) -> StoredAccount:
    if known.base_url != account.base_url and _is_bound(connection, known.account_id):
        raise OtherAccountError(
            f"{known.name!r} was recorded from {known.base_url}, not from {account.base_url}"
        )
    if (known.base_url, known.quota_per_unit) == (account.base_url, account.quota_per_unit):
        return known
    _set(
        connection,
        known.account_id,
        base_url=account.base_url,
        quota_per_unit=account.quota_per_unit,
    )
    return get(connection, known.name)


def _is_bound(connection: Connection, account_id: int) -> bool:
    answered = exists().where(
        snapshot.c.account_id == account_id, snapshot.c.source == Source.GATEWAY
    )
    return bool(connection.scalar(select(answered)))


def _set(connection: Connection, account_id: int, **values: str | int) -> None:
    connection.execute(update(accounts).where(accounts.c.account_id == account_id).values(**values))


def _account(row: Row[*tuple[Any, ...]]) -> StoredAccount:
    return StoredAccount(*row)
