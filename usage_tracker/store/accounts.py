"""Accounts that have a history, by name.

The first answer of a gateway binds the name to that gateway: from then on the same name
with another base_url is another account.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, collate, delete, exists, select, update
from sqlalchemy.exc import IntegrityError

from usage_tracker.capture.errors import GatewayError, Kind
from usage_tracker.config.schema import NAME, NAME_LIMIT, is_name
from usage_tracker.errors import DatabaseError, MisuseError, NoHistoryError
from usage_tracker.store.schema import Source, failure, profile, snapshot
from usage_tracker.store.schema import account as accounts
from usage_tracker.store.statements import insert
from usage_tracker.times import now_ms


class OtherAccountError(GatewayError):
    """An answer or a file belongs to another account than the history of this name."""

    def __init__(self, detail: str) -> None:
        super().__init__(Kind.OTHER_ACCOUNT, detail=detail)


class UnknownAccountError(MisuseError):
    """There is no history of that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        names = ", ".join(map(repr, known)) or "none yet"
        super().__init__(
            f"there is no history of an account {name[:NAME_LIMIT]!r}: the database has {names}"
        )


class AccountRemovedError(DatabaseError):
    """Another process removed the account at the same time."""

    def __init__(self) -> None:
        super().__init__("the account was removed from the database meanwhile: run it again")


class NothingStoredError(NoHistoryError):
    """The database has no account."""

    def __init__(self) -> None:
        super().__init__("the database is empty: run `tracker snapshot`, or try `tracker demo`")


class SeveralAccountsError(MisuseError):
    """No account was named, and the database has several."""

    def __init__(self, names: list[str]) -> None:
        listed = ", ".join(map(repr, names))
        super().__init__(f"the database has several accounts: name one of {listed}")


class NameTakenError(MisuseError):
    """Another account has the new name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a history of an account {name!r} already: choose another name")


class InvalidNameError(MisuseError):
    """The name is invalid."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name[:40]!r} cannot name an account: use {NAME.description}")


class AccountLike(Protocol):
    """The attributes of an account that the store needs, such as those of a configured one."""

    @property
    def name(self) -> str:
        """The user's name for the account."""

    @property
    def base_url(self) -> str:
        """The gateway's address, normalised."""

    @property
    def quota_per_unit(self) -> float:
        """Units per dollar."""


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """A row of `account`; `created_at` is in UTC ms."""

    account_id: int
    name: str
    base_url: str
    quota_per_unit: float
    created_at: int


def list_accounts(connection: Connection) -> list[StoredAccount]:
    """Return all accounts, by name."""
    name: ColumnElement[str] = accounts.c.name
    if connection.dialect.name == "postgresql":  # whose own order depends on its locale
        name = collate(name, "C")
    return [_account(row) for row in connection.execute(select(accounts).order_by(name))]


def find(connection: Connection, name: str) -> StoredAccount | None:
    """Return the account called `name`, None if there is none."""
    row = connection.execute(select(accounts).where(accounts.c.name == name)).first()
    return None if row is None else _account(row)


def get(connection: Connection, name: str) -> StoredAccount:
    """Return the account called `name`; raises an UnknownAccountError that lists the others."""
    found = find(connection, name)
    if found is None:
        raise UnknownAccountError(name, [account.name for account in list_accounts(connection)])
    return found


def get_many(connection: Connection, names: Collection[str]) -> list[StoredAccount]:
    """Return the accounts called `names`, each once, or all if `names` is empty."""
    if not names:
        return list_accounts(connection)
    return [get(connection, name) for name in dict.fromkeys(names)]


def get_single(connection: Connection, name: str | None) -> StoredAccount:
    """Return the account called `name`, or the only account.

    Raises:
        UnknownAccountError: There is no history of that name.
        NothingStoredError, SeveralAccountsError: No name is given, and there is none, or several.
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
    """Return the stored account of `account`, created or updated.

    Raises:
        OtherAccountError: The history of this name comes from another gateway.
    """
    known = find_for_update(connection, account.name)
    while known is None:
        _create(connection, account, now_ms() if created_at is None else created_at)
        # Another process may have created it and removed it since.
        known = find_for_update(connection, account.name)
    return _update(connection, known, account)


def rename(connection: Connection, name: str, new: str) -> None:
    """Rename the account called `name` to `new`."""
    _check_name(new)
    account = _get_for_update(connection, name)
    if new != name and find(connection, new) is not None:
        raise NameTakenError(new)
    try:
        _set(connection, account.account_id, name=new)
    except IntegrityError:  # taken since the check
        raise NameTakenError(new) from None


def move(connection: Connection, name: str, base_url: str) -> None:
    """Set the `base_url` of the account called `name`."""
    _set(connection, _get_for_update(connection, name).account_id, base_url=base_url)


def remove(connection: Connection, name: str) -> int:
    """Delete the account called `name` with its history; return the number of its snapshots."""
    account_id = _get_for_update(connection, name, key_share=False).account_id
    count = 0
    # Children first: a foreign key is checked row by row.
    for table in (failure, snapshot, profile, accounts):
        deleted = connection.execute(delete(table).where(table.c.account_id == account_id))
        count = deleted.rowcount if table is snapshot else count
    return count


def lock(connection: Connection, account_id: int) -> None:
    """SELECT … FOR NO KEY UPDATE: serialise writers of one account.

    Raises:
        AccountRemovedError: The account no longer exists.
    """
    row = select(accounts.c.account_id).where(accounts.c.account_id == account_id)
    # Not FOR UPDATE: every new snapshot would wait for it, because of its foreign key.
    if connection.scalar(row.with_for_update(key_share=True)) is None:
        raise AccountRemovedError


def find_for_update(
    connection: Connection, name: str, *, key_share: bool = True
) -> StoredAccount | None:
    """Return the account called `name`, locked until the transaction ends; None if there is none.

    Without `key_share` those who add rows to the account wait as well.
    """
    row = select(accounts).where(accounts.c.name == name).with_for_update(key_share=key_share)
    found = connection.execute(row).first()
    return None if found is None else _account(found)


def _get_for_update(connection: Connection, name: str, *, key_share: bool = True) -> StoredAccount:
    return find_for_update(connection, name, key_share=key_share) or get(connection, name)


def _check_name(name: str) -> None:
    if not is_name(name):
        raise InvalidNameError(name)


def _create(connection: Connection, account: AccountLike, created_at: int) -> None:
    _check_name(account.name)
    values = {
        "name": account.name,
        "base_url": account.base_url,
        "quota_per_unit": account.quota_per_unit,
        "created_at": created_at,
    }
    connection.execute(insert(connection, accounts).values(values).on_conflict_do_nothing())


def _update(connection: Connection, known: StoredAccount, account: AccountLike) -> StoredAccount:
    base_url, quota_per_unit = account.base_url, account.quota_per_unit
    if known.base_url != base_url and _is_bound(connection, known.account_id):
        raise OtherAccountError(
            f"{known.name!r} was recorded from {known.base_url}, not from {base_url}"
        )
    updated = replace(known, base_url=base_url, quota_per_unit=quota_per_unit)
    if updated != known:
        _set(connection, known.account_id, base_url=base_url, quota_per_unit=quota_per_unit)
    return updated


def _is_bound(connection: Connection, account_id: int) -> bool:
    answered = exists().where(
        snapshot.c.account_id == account_id, snapshot.c.source == Source.GATEWAY
    )
    return bool(connection.scalar(select(answered)))


def _set(connection: Connection, account_id: int, **values: str | float) -> None:
    connection.execute(update(accounts).where(accounts.c.account_id == account_id).values(**values))


def _account(row: Row[*tuple[Any, ...]]) -> StoredAccount:
    return StoredAccount(*row)
