"""Bringing staged rows into the database, all or nothing.

A row that is there already is left alone, but for what it does not know: a request
count, or what else the response said. One that tells other counters stops the import.
What a pruned history remembers is merged as `usage_tracker.store.importing.remembered` says.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from usage_tracker.store import accounts, checkpoints, profiles
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import ContradictionError
from usage_tracker.store.importing.remembered import Takeover, takeover
from usage_tracker.store.importing.staging import Staging, attach

# From the stored rows of the staged span to the staged ones: an import into an empty span costs
# nothing to check. CROSS JOIN holds SQLite to that order.
_CONTRADICTION: Final = text("""
    SELECT n.line, a.name, n.captured_at, n.quota, n.used_quota, n.request_count,
        s.quota, s.used_quota, s.request_count
    FROM staged_account a CROSS JOIN snapshot s CROSS JOIN staged_snapshot n
    WHERE s.account_id = a.account_id AND n.account = a.key AND n.captured_at = s.captured_at
        AND s.captured_at >= (SELECT min(captured_at) FROM staged_snapshot WHERE account = a.key)
        AND s.captured_at <= (SELECT max(captured_at) FROM staged_snapshot WHERE account = a.key)
        AND (n.quota <> s.quota OR n.used_quota <> s.used_quota
            OR n.request_count <> s.request_count)
    LIMIT 1
""")
_FIRST_NEW: Final = text("""
    SELECT min(n.captured_at) FROM staged_snapshot n
    WHERE n.account = :key AND n.captured_at <= :mark AND NOT EXISTS (
        SELECT 1 FROM snapshot s
        WHERE s.account_id = :account AND s.captured_at = n.captured_at)
""")
_COUNT: Final = text("""
    SELECT count(*) FROM snapshot WHERE account_id IN (SELECT account_id FROM staged_account)
""")
_ADD_SNAPSHOTS: Final = text("""
    INSERT INTO snapshot (
        account_id, captured_at, quota, used_quota, request_count, profile_id, source)
    SELECT a.account_id, n.captured_at, n.quota, n.used_quota, n.request_count,
        p.profile_id, n.source
    FROM staged_snapshot n CROSS JOIN staged_account a
    LEFT JOIN staged_profile p ON p.key = n.profile
    WHERE a.key = n.account
    ORDER BY n.account, n.captured_at
    ON CONFLICT (account_id, captured_at) DO UPDATE SET
        request_count = coalesce(snapshot.request_count, excluded.request_count),
        profile_id = coalesce(snapshot.profile_id, excluded.profile_id)
    WHERE snapshot.request_count IS NULL AND excluded.request_count IS NOT NULL
        OR snapshot.profile_id IS NULL AND excluded.profile_id IS NOT NULL
""")
_ADD_FAILURES: Final = text("""
    INSERT INTO failure (account_id, attempted_at, kind, http_status, detail)
    SELECT a.account_id, f.attempted_at, f.kind, f.http_status, f.detail
    FROM staged_failure f JOIN staged_account a ON a.key = f.account
    WHERE NOT EXISTS (
        SELECT 1 FROM failure x
        WHERE x.account_id = a.account_id AND x.attempted_at = f.attempted_at AND x.kind = f.kind
            AND coalesce(x.http_status, 0) = coalesce(f.http_status, 0)
            AND coalesce(x.detail, '') = coalesce(f.detail, ''))
    ORDER BY f.attempted_at
""")


Admitted = list[tuple[int, StoredAccount]]
"""The accounts to merge into, each with its key in the staged tables."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did to `accounts`: of the snapshots `read`, `added` were new.

    The accounts in `overruled` have a history of their own of the time in which the imported
    one was pruned: they did not take over the events that it remembers.
    """

    accounts: tuple[str, ...]
    read: int
    added: int
    failures: int
    overruled: tuple[str, ...] = ()


def merge(database: Database, staging: Staging) -> ImportResult:
    """Bring what is staged into `database`.

    Raises:
        ContradictionError: A stored snapshot tells other counters.
        OtherAccountError: It is the history of another account.
    """
    with attach(database, staging) as connection:
        admitted = [_admit(connection, *row) for row in _staged_accounts(connection)]
        _keep_writers_out(connection)
        _refuse_contradiction(connection, staging.name)
        takeovers = _takeovers(connection, admitted)
        before = connection.scalars(_COUNT).one()
        _add_snapshots(connection, admitted)
        for account, found in takeovers:
            if not found.refused:
                checkpoints.replace_all(
                    connection, account.account_id, found.events, found.baseline
                )
        failed = connection.execute(_ADD_FAILURES).rowcount
        added = connection.scalars(_COUNT).one() - before
    names = tuple(account.name for _, account in admitted)
    overruled = tuple(account.name for account, found in takeovers if found.refused)
    return ImportResult(names, staging.read, added, failed, overruled)


def _staged_accounts(connection: Connection) -> list[tuple[int, AccountSpec]]:
    # By name, so that two imports at once take their locks in the same order.
    rows = connection.execute(text("SELECT * FROM staged_account ORDER BY name"))
    return [
        (row.key, AccountSpec(row.name, row.base_url, row.quota_per_unit, row.created_at))
        for row in rows
    ]


def _admit(connection: Connection, key: int, claim: AccountSpec) -> tuple[int, StoredAccount]:
    settled = claim.settled(lambda name: accounts.find(connection, name))
    account = accounts.get_or_create(connection, settled, claim.created_at)
    accounts.lock(connection, account.account_id)
    connection.execute(
        text("UPDATE staged_account SET account_id = :id, name = :name WHERE key = :key"),
        {"id": account.account_id, "name": account.name, "key": key},
    )
    _admit_profiles(connection, key, account)
    return key, account


def _admit_profiles(connection: Connection, key: int, account: StoredAccount) -> None:
    known = profiles.load_identities(connection, account.account_id)
    staged = text("SELECT key, sha256, body FROM staged_profile WHERE account = :key ORDER BY key")
    for profile_key, sha256, body in connection.execute(staged, {"key": key}).all():
        connection.execute(
            text("UPDATE staged_profile SET profile_id = :id WHERE key = :key"),
            {
                "id": profiles.insert_unless_stored(connection, account, known, sha256, body),
                "key": profile_key,
            },
        )


def _keep_writers_out(connection: Connection) -> None:
    """What is checked now must hold until it is written; SQLite's write lock does it already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE snapshot IN SHARE ROW EXCLUSIVE MODE"))


def _refuse_contradiction(connection: Connection, source: str) -> None:
    row = connection.execute(_CONTRADICTION).first()
    if row is not None:
        line, account, captured_at, *counters = row
        where = f"{source} line {line}" if line else f"the snapshot in {source}"
        told, stored = tuple(counters[:3]), tuple(counters[3:])
        raise ContradictionError(where, account, captured_at, told, stored)


def _takeovers(connection: Connection, admitted: Admitted) -> list[tuple[StoredAccount, Takeover]]:
    found = ((account, takeover(connection, key, account.account_id)) for key, account in admitted)
    return [(account, one) for account, one in found if one is not None]


def _add_snapshots(connection: Connection, admitted: Admitted) -> None:
    """Add the staged snapshots; the ledger is no longer settled from the first new one on."""
    unsettled = {
        account.account_id: _first_unsettled(connection, key, account.account_id)
        for key, account in admitted
    }
    connection.execute(_ADD_SNAPSHOTS)
    for account_id, since in unsettled.items():
        if since is not None:
            checkpoints.delete_since(connection, account_id, since)


def _first_unsettled(connection: Connection, key: int, account_id: int) -> int | None:
    """The first new row under the ledger's last mark: from there on nothing is settled."""
    marks = checkpoints.list_checkpoints(connection, account_id)
    if not marks:
        return None
    values = {"key": key, "account": account_id, "mark": marks[0].scanned_to}
    first_new: int | None = connection.scalar(_FIRST_NEW, values)
    return first_new
