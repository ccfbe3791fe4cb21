"""What the ledger remembers: events that are settled, and how far they are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LAST_MOMENT = 253_402_300_799_999
KINDS = "'adjustment', 'gap', 'refund', 'reset', 'top_up'"


def moment(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"CAST({column} AS BIGINT) = {column} AND {column} BETWEEN 0 AND {LAST_MOMENT}",
        name=op.f(f"ck_{table}_{column}_moment"),
    )


def account_of(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"],
        ["account.account_id"],
        name=op.f(f"fk_{table}_account_id_account"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("captured_at", sa.BigInteger, nullable=False),
        sa.Column("after", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("quota", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "captured_at", "kind", name=op.f("pk_event")),
        account_of("event"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_event_kind_known")),
        moment("event", "captured_at"),
        moment("event", "after"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mark",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("scanned_to", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("exact", sa.SmallInteger, nullable=False),
        sa.Column("floor", sa.SmallInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("account_id", "scanned_to", name=op.f("pk_mark")),
        account_of("mark"),
        sa.CheckConstraint("exact IN (0, 1)", name=op.f("ck_mark_exact_flag")),
        sa.CheckConstraint("floor IN (0, 1)", name=op.f("ck_mark_floor_flag")),
        moment("mark", "scanned_to"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("mark")
    op.drop_table("event")
