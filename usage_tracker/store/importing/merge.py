"""Merging of staged rows into the database, all or nothing.

A stored row is unchanged, except that a missing request count or profile is filled in. A
staged row with other counters stops the import.

An account takes over the baseline and the events of a pruned history, in place of its own,
if nothing is lost by that: all its own snapshots up to the baseline are in the imported
history, and so are all events up to a baseline of its own, which must not be later.
Otherwise its own stay, and only the snapshots are imported.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from usage_tracker.capture.user import user_id
from usage_tracker.ledger.events import Event
from usage_tracker.store import accounts, checkpoints, profiles
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import ContradictionError
from usage_tracker.store.importing.staging import Staging, attach
from usage_tracker.store.schema import UnitsPerUsd

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
_BASELINE: Final = text(
    "SELECT scanned_to, reserved, exact FROM staged_baseline WHERE account = :key"
)
_EVENTS: Final = text(
    "SELECT captured_at, after, kind, quota, confirmed FROM staged_event WHERE account = :key"
)
_OWN_SNAPSHOT: Final = text("""
    SELECT s.captured_at FROM snapshot s
    WHERE s.account_id = :account AND s.captured_at <= :until AND NOT EXISTS (
        SELECT 1 FROM staged_snapshot n
        WHERE n.account = :key AND n.captured_at = s.captured_at)
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


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did to `accounts`: `added` of the snapshots `read` were new.

    The accounts in `kept_own_events` have a history of their own of the time in which the
    imported one was pruned: they did not take over its baseline and events.
    """

    accounts: tuple[str, ...]
    read: int
    added: int
    failures: int
    kept_own_events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Target:
    """The account to merge the staged account `key` into."""

    key: int
    account: StoredAccount

    @property
    def values(self) -> dict[str, int]:
        """The parameters of the statements above."""
        return {"key": self.key, "account": self.account.account_id}


@dataclass(frozen=True, slots=True)
class _StagedBaseline:
    """A staged `baseline` with its `events`, and whether the account can take them over."""

    baseline: StoredCheckpoint
    events: list[Event]
    accepted: bool


def merge(database: Database, staging: Staging) -> ImportResult:
    """Merge the staged rows into `database`.

    Raises:
        ContradictionError: A stored snapshot has other counters.
        OtherAccountError: The history belongs to another account.
    """
    with attach(database, staging) as connection:
        targets = [_prepare(connection, *row) for row in _staged_accounts(connection)]
        _lock_snapshots(connection)
        _check_contradictions(connection, staging.name)
        baselines = [(one.account, _staged_baseline(connection, one)) for one in targets]
        before = connection.scalars(_COUNT).one()
        _add_snapshots(connection, targets)
        for account, new in baselines:
            if new is not None and new.accepted:
                checkpoints.replace_all(connection, account.account_id, new.events, new.baseline)
        failed = connection.execute(_ADD_FAILURES).rowcount
        added = connection.scalars(_COUNT).one() - before
    names = tuple(one.account.name for one in targets)
    kept = tuple(account.name for account, new in baselines if new and not new.accepted)
    return ImportResult(names, staging.read, added, failed, kept)


def _staged_accounts(connection: Connection) -> list[tuple[int, AccountSpec]]:
    # By name, so that two concurrent imports lock the accounts in the same order.
    statement = text("SELECT * FROM staged_account ORDER BY name")
    rows = connection.execute(statement.columns(quota_per_unit=UnitsPerUsd))
    return [
        (row.key, AccountSpec(row.name, row.base_url, row.quota_per_unit, row.created_at))
        for row in rows
    ]


def _prepare(connection: Connection, key: int, spec: AccountSpec) -> _Target:
    """Create and lock the account, and store its profiles."""
    resolved = spec.resolve(accounts.find(connection, spec.resolved_name))
    account = accounts.get_or_create(connection, resolved, spec.created_at)
    accounts.lock(connection, account.account_id)
    connection.execute(
        text("UPDATE staged_account SET account_id = :id, name = :name WHERE key = :key"),
        {"id": account.account_id, "name": account.name, "key": key},
    )
    _add_profiles(connection, key, account)
    return _Target(key, account)


def _add_profiles(connection: Connection, key: int, account: StoredAccount) -> None:
    known = profiles.load_identities(connection, account.account_id)
    staged = text("SELECT key, sha256, body FROM staged_profile WHERE account = :key ORDER BY key")
    update = text("UPDATE staged_profile SET profile_id = :id WHERE key = :key")
    rows = connection.execute(staged, {"key": key}).all()
    # Those with an id first: of a user who was renamed only they show that it is the same one,
    # and a file has them in the order of the snapshots, not in that of the answers.
    rows = sorted(rows, key=lambda row: user_id(profiles.parse(row.body)) is None)
    for profile_key, sha256, body in rows:
        profile_id = profiles.insert_unless_stored(connection, account, known, sha256, body)
        connection.execute(update, {"id": profile_id, "key": profile_key})


def _lock_snapshots(connection: Connection) -> None:
    """Keep other writers out from the check to the commit; SQLite's write lock does it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE snapshot IN SHARE ROW EXCLUSIVE MODE"))


def _check_contradictions(connection: Connection, source: str) -> None:
    row = connection.execute(_CONTRADICTION).first()
    if row is not None:
        line, account, captured_at, *counters = row
        where = f"{source} line {line}" if line else f"the snapshot in {source}"
        imported, stored = tuple(counters[:3]), tuple(counters[3:])
        raise ContradictionError(where, account, captured_at, imported, stored)


def _staged_baseline(connection: Connection, target: _Target) -> _StagedBaseline | None:
    """Return the staged baseline; None if there is none, or the account has all of it already."""
    row = connection.execute(_BASELINE, target.values).first()
    if row is None:
        return None
    new = StoredCheckpoint(row.scanned_to, 0, row.reserved, bool(row.exact), is_baseline=True)
    events = [
        Event(at, after, kind, quota, bool(flag))
        for at, after, kind, quota, flag in connection.execute(_EVENTS, target.values)
    ]
    account_id = target.account.account_id
    own = checkpoints.baseline(connection, account_id)
    known = set(checkpoints.list_events(connection, account_id, own.scanned_to)) if own else set()
    if own is not None and own.scanned_to >= new.scanned_to:
        return None if known.issuperset(events) else _StagedBaseline(new, [], accepted=False)
    other = connection.scalar(_OWN_SNAPSHOT, target.values | {"until": new.scanned_to})
    return _StagedBaseline(new, events, accepted=other is None and known.issubset(events))


def _add_snapshots(connection: Connection, targets: list[_Target]) -> None:
    """Add the staged snapshots; delete the checkpoints and events that new ones invalidate."""
    first_new = {one.account.account_id: _first_new(connection, one) for one in targets}
    connection.execute(_ADD_SNAPSHOTS)
    for account_id, since in first_new.items():
        if since is not None:
            checkpoints.delete_since(connection, account_id, since)


def _first_new(connection: Connection, target: _Target) -> int | None:
    """Return the moment of the first new row up to the last checkpoint, None if there is none."""
    found = checkpoints.list_checkpoints(connection, target.account.account_id)
    if not found:
        return None
    values = target.values | {"mark": found[0].scanned_to}
    moment: int | None = connection.scalar(_FIRST_NEW, values)
    return moment
