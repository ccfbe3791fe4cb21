"""Another tracker database, file or server: its accounts with their whole history."""

from pathlib import Path

from sqlalchemy import Connection

from usage_tracker.capture.user import build_profile
from usage_tracker.store import accounts, checkpoints, failures, profiles, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import InvalidHistoryError
from usage_tracker.store.importing.staging import Staging
from usage_tracker.store.importing.validation import ValidationError, check_failure, check_url
from usage_tracker.store.importing.values import invalid_columns
from usage_tracker.store.schema import Source

_SOURCES = {int(source): int(source) for source in Source}
_IMPORT = int(Source.IMPORT)


def stage_database(where: str | Path, staging: Staging, only: str | None) -> None:
    """Stage all accounts of the database `where`, or only the one called `only`.

    Raises:
        InvalidHistoryError: It contains an invalid value.
    """
    with (
        Database.open(where, create=False, upgrade=False) as other,
        other.read() as connection,
    ):
        if other.location.is_sqlite and (invalid := "; ".join(invalid_columns(connection))):
            raise InvalidHistoryError(staging.name, invalid)
        staging.is_export = True
        wanted = (
            accounts.list_accounts(connection) if only is None else [accounts.get(connection, only)]
        )
        for account in wanted:
            try:
                _stage(connection, account, staging)
            except ValidationError as error:
                raise InvalidHistoryError(staging.name, f"{account.name!r}: {error}") from None


def _stage(connection: Connection, account: StoredAccount, staging: Staging) -> None:
    base_url = check_url(account.base_url)
    spec = AccountSpec(account.name, base_url, account.quota_per_unit, account.created_at)
    key = staging.add_account(spec)
    keys = {
        profile_id: _stage_profile(key, body, staging)
        for profile_id, _, body in profiles.list_profiles(connection, account.account_id)
    }
    staging.add_snapshots(
        key,
        (
            (*counters, keys.get(profile_id), _SOURCES.get(source, _IMPORT), 0)
            for *counters, profile_id, source in snapshots.rows(connection, account.account_id)
        ),
    )
    for failure in failures.between(connection, account.account_id):
        staging.add_failure(key, check_failure(failure))
    baseline = checkpoints.baseline(connection, account.account_id)
    if baseline is None:
        return
    staging.add_baseline(key, baseline)
    for event in checkpoints.list_events(connection, account.account_id, baseline.scanned_to):
        staging.add_event(key, event)


def _stage_profile(account: int, body: str, staging: Staging) -> int:
    # Parsed again, because another database may contain what must never be stored.
    rest = profiles.parse(body)
    data = rest.get("data")
    clean = profiles.canonical_json(
        build_profile(rest, data if isinstance(data, dict) else {}, None)
    )
    return staging.add_profile(account, profiles.digest(clean), clean)
