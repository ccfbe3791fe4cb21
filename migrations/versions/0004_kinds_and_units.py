"""Three more kinds of events, units to the dollar that need not be whole, and forecasts.

Events and checkpoints after the baseline of each account are deleted: the next report
finds them again, with the new kinds.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LAST_MOMENT = 253_402_300_799_999

OLD_KINDS = "'adjustment', 'gap', 'refund', 'reset', 'top_up'"
KINDS = "'adjustment', 'covered', 'gap', 'refund', 'reset', 'stray', 'top_up', 'uncounted'"
OLD_CHECKS = {
    "ck_account_quota_per_unit_positive": "quota_per_unit > 0",
    "ck_account_quota_per_unit_whole": "CAST(quota_per_unit AS BIGINT) = quota_per_unit",
}
# Not `> 0`: in PostgreSQL that is true of NaN and infinity, in SQLite of any text.
CHECKS = {
    "ck_account_quota_per_unit_range": "quota_per_unit BETWEEN 0.000001 AND 9223372036854775807"
}

ISO_TIME = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S', s.captured_at / 1000, 'unixepoch')"
    " || printf('.%03dZ', s.captured_at % 1000)",
    "postgresql": "to_char(to_timestamp(s.captured_at / 1000.0) AT TIME ZONE 'UTC',"
    """ 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
}

SNAPSHOT_USD = """
CREATE VIEW snapshot_usd AS
SELECT a.name AS account,
    {iso_time} AS captured_at,
    round(1.0 * s.quota / a.quota_per_unit, 6) AS balance_usd,
    round(1.0 * s.used_quota / a.quota_per_unit, 6) AS used_usd,
    s.request_count,
    CASE s.source WHEN 0 THEN 'gateway' WHEN 1 THEN 'import' END AS source
FROM snapshot s JOIN account a ON a.account_id = s.account_id
"""

LATER_EVENTS = """
DELETE FROM event WHERE captured_at > coalesce(
    (SELECT max(scanned_to) FROM mark WHERE mark.account_id = event.account_id AND floor = 1), -1)
"""


def confirmed() -> sa.Column[int]:
    return sa.Column("confirmed", sa.SmallInteger, nullable=False, server_default="1")


class Units(sa.types.UserDefinedType[float]):
    """NUMERIC as it is: SQLAlchemy's own type would make a float of a whole number in SQLite."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "NUMERIC"


Unit = Units | sa.BigInteger


def moment(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"CAST({column} AS BIGINT) = {column} AND {column} BETWEEN 0 AND {LAST_MOMENT}",
        name=op.f(f"ck_{table}_{column}_moment"),
    )


def upgrade() -> None:
    op.execute(LATER_EVENTS)
    op.execute("DELETE FROM mark WHERE floor = 0")
    admit(KINDS, instead_of=OLD_KINDS)
    op.execute("DROP VIEW snapshot_usd")
    with op.batch_alter_table("account", copy_from=account(sa.BigInteger(), OLD_CHECKS)) as batch:
        change_unit(batch, Units(), OLD_CHECKS, CHECKS)
    create_snapshot_usd()
    create_forecast()


def downgrade() -> None:
    """Go back; fails where an account has a unit that is not whole."""
    op.drop_table("forecast")
    op.execute("DELETE FROM event WHERE kind IN ('covered', 'stray', 'uncounted')")
    admit(OLD_KINDS, instead_of=KINDS)
    op.execute("DROP VIEW snapshot_usd")
    with op.batch_alter_table("account", copy_from=account(Units(), CHECKS)) as batch:
        change_unit(batch, sa.BigInteger(), CHECKS, OLD_CHECKS)
    create_snapshot_usd()


def admit(kinds: str, *, instead_of: str) -> None:
    name, before = op.f("ck_event_kind_known"), event(instead_of)
    kept_form = {"sqlite_with_rowid": False}
    with op.batch_alter_table("event", copy_from=before, table_kwargs=kept_form) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"kind IN ({kinds})")
        if kinds == KINDS:
            batch.add_column(confirmed())
            batch.create_check_constraint(op.f("ck_event_confirmed_flag"), "confirmed IN (0, 1)")
        else:
            batch.drop_constraint(op.f("ck_event_confirmed_flag"), type_="check")
            batch.drop_column("confirmed")


def change_unit(
    batch: BatchOperations, kind: Unit, before: dict[str, str], after: dict[str, str]
) -> None:
    for name in before:
        batch.drop_constraint(op.f(name), type_="check")
    # A fraction must fail here: cast to the old type first, PostgreSQL would round it.
    for name, rule in after.items():
        batch.create_check_constraint(op.f(name), rule)
    batch.alter_column("quota_per_unit", type_=kind, existing_nullable=False)


def account(unit: Unit, checks: dict[str, str]) -> sa.Table:
    """The table as it is before the change; SQLite makes a new one from it."""
    return sa.Table(
        "account",
        sa.MetaData(),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("base_url", sa.Text, nullable=False),
        sa.Column("quota_per_unit", unit, nullable=False, server_default="500000"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        *(sa.CheckConstraint(rule, name=op.f(name)) for name, rule in checks.items()),
        moment("account", "created_at"),
    )


def event(kinds: str) -> sa.Table:
    is_new = kinds == KINDS
    flag = sa.CheckConstraint("confirmed IN (0, 1)", name=op.f("ck_event_confirmed_flag"))
    return sa.Table(
        "event",
        sa.MetaData(),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("captured_at", sa.BigInteger, nullable=False),
        sa.Column("after", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("quota", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "captured_at", "kind", name=op.f("pk_event")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.account_id"],
            name=op.f("fk_event_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_event_kind_known")),
        moment("event", "captured_at"),
        moment("event", "after"),
        *((confirmed(), flag) if is_new else ()),
    )


def create_forecast() -> None:
    moments = ("origin", "low", "median", "high")
    op.create_table(
        "forecast",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("origin", sa.BigInteger, nullable=False),
        sa.Column("quota", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in moments[1:]),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_forecast")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.account_id"],
            name=op.f("fk_forecast_account_id_account"),
            ondelete="CASCADE",
        ),
        *(moment("forecast", name) for name in moments),
    )


def create_snapshot_usd() -> None:
    bind = op.get_bind()
    # Not op.execute(): it would take the colons in the time's format for parameters.
    bind.exec_driver_sql(SNAPSHOT_USD.replace("{iso_time}", ISO_TIME[bind.dialect.name]))
