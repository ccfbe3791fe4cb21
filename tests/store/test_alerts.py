from collections.abc import Iterator

import pytest
from sqlalchemy.exc import IntegrityError

from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.errors import DatabaseError
from usage_tracker.store import accounts, alerts
from usage_tracker.store.alerts import Alert
from usage_tracker.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database.open(database_url) as database, database.write() as connection:
        accounts.ensure(connection, Account("one", TokenFromEnv("T")))
        accounts.ensure(connection, Account("two", TokenFromEnv("T")))
    with Database.open(database_url) as database:
        yield database


def test_an_alert_is_kept_by_account_and_rule(database: Database) -> None:
    first, second = Alert(0, 1, 0, None), Alert(2, 1_800_000_000_000, 1, 5, "urls[1] failed", 0, 7)
    with database.write() as connection:
        alerts.keep(connection, 1, "days", first)
        alerts.keep(connection, 1, "balance", second)
        alerts.keep(connection, 2, "days", second)
    with database.write() as connection:
        alerts.keep(connection, 1, "days", second)
    with database.read() as connection:
        assert alerts.of(connection, 1) == {"days": second, "balance": second}
        assert alerts.of(connection, 2) == {"days": second}
        assert alerts.of(connection, 3) == {}


def test_an_account_takes_its_alerts_along(database: Database) -> None:
    with database.write() as connection:
        alerts.keep(connection, 1, "days", Alert(0, 1, 0, None))
        alerts.keep(connection, 2, "days", Alert(0, 1, 0, None))
        accounts.remove(connection, "one")
    with database.read() as connection:
        assert alerts.of(connection, 1) == {}
        assert len(alerts.of(connection, 2)) == 1


@pytest.mark.parametrize(
    "nonsense", [Alert(3, 1, 0, None), Alert(0, -1, 0, None), Alert(0, 1, 7, 1)]
)
def test_nonsense_is_refused(database: Database, nonsense: Alert) -> None:
    with pytest.raises(DatabaseError) as caught, database.write() as connection:
        alerts.keep(connection, 1, "days", nonsense)
    assert isinstance(caught.value.__cause__, IntegrityError)
