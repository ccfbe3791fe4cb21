"""Accounts, their snapshots and profiles, and the attempts that failed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LAST_MOMENT = 253_402_300_799_999

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


def whole(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"CAST({column} AS BIGINT) = {column}", name=op.f(f"ck_{table}_{column}_whole")
    )


def moment(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"CAST({column} AS BIGINT) = {column} AND {column} BETWEEN 0 AND {LAST_MOMENT}",
        name=op.f(f"ck_{table}_{column}_moment"),
    )


def upgrade() -> None:
    create_account()
    create_profile()
    create_snapshot()
    create_failure()
    create_snapshot_usd()


def downgrade() -> None:
    op.execute("DROP VIEW snapshot_usd")
    for table in ("failure", "snapshot", "profile", "account"):
        op.drop_table(table)


def create_account() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("base_url", sa.Text, nullable=False),
        sa.Column("quota_per_unit", sa.BigInteger, nullable=False, server_default="500000"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        sa.CheckConstraint("quota_per_unit > 0", name=op.f("ck_account_quota_per_unit_positive")),
        whole("account", "quota_per_unit"),
        moment("account", "created_at"),
    )


def create_profile() -> None:
    op.create_table(
        "profile",
        sa.Column("profile_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_profile")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_profile_account_id_account")
        ),
        sa.UniqueConstraint("account_id", "sha256", name=op.f("uq_profile_account_id_sha256")),
        sa.UniqueConstraint(
            "account_id", "profile_id", name=op.f("uq_profile_account_id_profile_id")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_profile_sha256_length")),
    )


def create_snapshot() -> None:
    op.create_table(
        "snapshot",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("captured_at", sa.BigInteger, nullable=False),
        sa.Column("quota", sa.BigInteger, nullable=False),
        sa.Column("used_quota", sa.BigInteger, nullable=False),
        sa.Column("request_count", sa.BigInteger),
        sa.Column("profile_id", sa.Integer),
        sa.Column("source", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "captured_at", name=op.f("pk_snapshot")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_snapshot_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profile.account_id", "profile.profile_id"],
            name=op.f("fk_snapshot_account_id_profile_id_profile"),
        ),
        moment("snapshot", "captured_at"),
        *(
            whole("snapshot", column)
            for column in ("quota", "used_quota", "request_count", "source")
        ),
        sqlite_with_rowid=False,
    )


def create_failure() -> None:
    op.create_table(
        "failure",
        sa.Column("failure_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("attempted_at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("http_status", sa.Integer),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("failure_id", name=op.f("pk_failure")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_failure_account_id_account")
        ),
        moment("failure", "attempted_at"),
    )
    op.create_index(
        op.f("ix_failure_account_id_attempted_at"), "failure", ["account_id", "attempted_at"]
    )


def create_snapshot_usd() -> None:
    bind = op.get_bind()
    # Not op.execute(): it would take the colons in the time's format for parameters.
    bind.exec_driver_sql(SNAPSHOT_USD.replace("{iso_time}", ISO_TIME[bind.dialect.name]))
