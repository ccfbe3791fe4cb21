"""Schema: the tables and their constraints.

Moments are integers (UTC milliseconds), quotas signed 64-bit integers in gateway units. A
gateway's units per dollar need not be whole.
SQLite does not enforce column types, so CHECKs do. The foreign key of a snapshot's profile
includes the account: the profile belongs to the same account, and SQLite finds the
referring rows by the primary key.
"""

from collections.abc import Callable
from decimal import Decimal
from enum import IntEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import UserDefinedType

from usage_tracker import money, times

SCHEMA_REVISION: Final = "0004"
"""The head of `migrations/`; a database at this revision needs no upgrade."""

CAPTURE_REVISION: Final = "0003"
"""The oldest schema in which this program can store snapshots and failures."""

LAST_MOMENT: Final = times.LAST_MOMENT
EVENT_KINDS: Final = (
    "adjustment",
    "covered",
    "gap",
    "refund",
    "reset",
    "stray",
    "top_up",
    "uncounted",
)


class Source(IntEnum):
    """The codes of `snapshot.source`. Zero and one take no space in an SQLite row."""

    GATEWAY = 0
    IMPORT = 1


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class UnitsPerUsd(UserDefinedType[float]):
    """NUMERIC: SQLite stores an int or a double, PostgreSQL the decimal digits; both exactly.

    An int in Python if it is whole, else a float. (`Numeric` makes a float of every number.)
    """

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the column's type in SQL."""
        return "NUMERIC"

    def bind_processor(self, dialect: Dialect) -> Callable[[float | None], object] | None:
        """Send the digits to PostgreSQL: it would round a double to 15 of them."""
        return None if dialect.name == "sqlite" else _decimal

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Decimal | None], float | None] | None:
        """Return PostgreSQL's Decimal as an int or float."""
        del coltype
        return None if dialect.name == "sqlite" else _int_or_float


def _decimal(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def _int_or_float(number: Decimal | None) -> float | None:
    return None if number is None else money.int_if_whole(number)


def _whole(column: str) -> CheckConstraint:
    return CheckConstraint(f"CAST({column} AS BIGINT) = {column}", name=f"{column}_whole")


def _moment(column: str) -> CheckConstraint:
    return CheckConstraint(
        f"CAST({column} AS BIGINT) = {column} AND {column} BETWEEN 0 AND {LAST_MOMENT}",
        name=f"{column}_moment",
    )


def _cascading_account_id() -> Column[int]:
    """Return an account_id column whose rows are deleted with the account."""
    account_id = ForeignKey("account.account_id", ondelete="CASCADE")
    return Column("account_id", Integer, account_id, nullable=False)


account = Table(
    "account",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("quota_per_unit", UnitsPerUsd, nullable=False, server_default="500000"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("name"),
    # Not `> 0`: in PostgreSQL that is true of NaN and infinity, in SQLite of any text.
    CheckConstraint(
        f"quota_per_unit BETWEEN {money.LEAST_UNITS_PER_USD:f} AND {money.MOST_UNITS_PER_USD}",
        name="quota_per_unit_range",
    ),
    _moment("created_at"),
)

profile = Table(
    "profile",
    metadata,
    Column("profile_id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.account_id"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("account_id", "sha256"),
    UniqueConstraint("account_id", "profile_id"),
    CheckConstraint("length(sha256) = 64", name="sha256_length"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("account_id", Integer, ForeignKey("account.account_id"), nullable=False),
    Column("captured_at", BigInteger, nullable=False),
    Column("quota", BigInteger, nullable=False),
    Column("used_quota", BigInteger, nullable=False),
    Column("request_count", BigInteger),
    Column("profile_id", Integer),
    Column("source", SmallInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "captured_at"),
    ForeignKeyConstraint(
        ["account_id", "profile_id"],
        ["profile.account_id", "profile.profile_id"],
    ),
    _moment("captured_at"),
    _whole("quota"),
    _whole("used_quota"),
    _whole("request_count"),
    _whole("source"),
    sqlite_with_rowid=False,
)

failure = Table(
    "failure",
    metadata,
    Column("failure_id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.account_id"), nullable=False),
    Column("attempted_at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("http_status", Integer),
    Column("detail", Text),
    Index(None, "account_id", "attempted_at"),
    _moment("attempted_at"),
)

alert = Table(
    "alert",
    metadata,
    _cascading_account_id(),
    Column("rule", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("leaning", SmallInteger),
    Column("leaning_since", BigInteger),
    Column("told", SmallInteger, nullable=False),
    Column("told_at", BigInteger),
    Column("problem", Text),
    PrimaryKeyConstraint("account_id", "rule"),
    CheckConstraint("state IN (0, 1, 2)", name="state_level"),
    CheckConstraint("leaning IN (0, 1, 2)", name="leaning_level"),
    CheckConstraint("told IN (0, 1, 2)", name="told_level"),
    _moment("since"),
    _moment("leaning_since"),
    _moment("told_at"),
)

event = Table(
    "event",
    metadata,
    _cascading_account_id(),
    Column("captured_at", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("quota", BigInteger, nullable=False),
    Column("confirmed", SmallInteger, nullable=False, server_default="1"),
    PrimaryKeyConstraint("account_id", "captured_at", "kind"),
    CheckConstraint(f"kind IN {EVENT_KINDS}", name="kind_known"),
    CheckConstraint("confirmed IN (0, 1)", name="confirmed_flag"),
    _moment("captured_at"),
    _moment("after"),
    sqlite_with_rowid=False,
)

forecast = Table(
    "forecast",
    metadata,
    _cascading_account_id(),
    Column("origin", BigInteger, nullable=False),
    Column("quota", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("low", BigInteger),
    Column("median", BigInteger),
    Column("high", BigInteger),
    PrimaryKeyConstraint("account_id"),
    _moment("origin"),
    _moment("low"),
    _moment("median"),
    _moment("high"),
)

mark = Table(
    "mark",
    metadata,
    _cascading_account_id(),
    Column("scanned_to", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("exact", SmallInteger, nullable=False),
    Column("floor", SmallInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("account_id", "scanned_to"),
    CheckConstraint("exact IN (0, 1)", name="exact_flag"),
    CheckConstraint("floor IN (0, 1)", name="floor_flag"),
    _moment("scanned_to"),
    sqlite_with_rowid=False,
)
