"""Another tracker database, file or server: its accounts with all they have."""

from pathlib import Path

from sqlalchemy import Connection

from usage_tracker.capture.user import build_profile
from usage_tracker.store import accounts, checkpoints, failures, profiles, snapshots
from usage_tracker.store.accounts import StoredAccount
from usage_tracker.store.database import Database
from usage_tracker.store.importing.account_spec import AccountSpec
from usage_tracker.store.importing.errors import InvalidHistoryError
from usage_tracker.store.importing.remembered import Remembered
from usage_tracker.store.importing.staging import Staging
from usage_tracker.store.importing.validation import ValidationError, check_failure, check_url
from usage_tracker.store.schema import Source

_SOURCES = {int(source): int(source) for source in Source}
_IMPORT = int(Source.IMPORT)


def stage_database(where: str | Path, staging: Staging, only: str | None) -> None:
    """Bring all accounts of the database `where`, or the one called `only`, into `staging`.

    Raises:
        BadHistoryError: It says what no history may say.
    """
    with (
        Database.open(where, create=False, upgrade=False) as other,
        other.read() as connection,
    ):
        wanted = (
            accounts.list_accounts(connection) if only is None else [accounts.get(connection, only)]
        )
        for account in wanted:
            try:
                _stage(connection, account, staging)
            except ValidationError as flaw:
                raise InvalidHistoryError(staging.name, f"{account.name!r}: {flaw}") from None


def _stage(connection: Connection, account: StoredAccount, staging: Staging) -> None:
    base_url = check_url(account.base_url)
    claim = AccountSpec(account.name, base_url, account.quota_per_unit, account.created_at)
    key = staging.add_account(claim)
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
    _stage_remembered(connection, account.account_id, Remembered(staging, key))


def _stage_remembered(connection: Connection, account_id: int, remembered: Remembered) -> None:
    floor = checkpoints.baseline(connection, account_id)
    if floor is None:
        return
    remembered.add_baseline(floor)
    for event in checkpoints.list_events(connection, account_id, floor.scanned_to):
        remembered.add_event(event)


def _stage_profile(account: int, body: str, staging: Staging) -> int:
    # Understood anew, because a stranger's database may hold what is never to be stored.
    rest = profiles.parse(body)
    data = rest.get("data")
    clean = profiles.canonical_json(
        build_profile(rest, data if isinstance(data, dict) else {}, None)
    )
    return staging.add_profile(account, profiles.digest(clean), clean)
