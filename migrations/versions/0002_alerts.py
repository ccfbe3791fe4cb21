"""What the alerts remember."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LAST_MOMENT = 253_402_300_799_999


def level(column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN (0, 1, 2)", name=op.f(f"ck_alert_{column}_level"))


def moment(column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"CAST({column} AS BIGINT) = {column} AND {column} BETWEEN 0 AND {LAST_MOMENT}",
        name=op.f(f"ck_alert_{column}_moment"),
    )


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("leaning", sa.SmallInteger),
        sa.Column("leaning_since", sa.BigInteger),
        sa.Column("told", sa.SmallInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger),
        sa.Column("problem", sa.Text),
        sa.PrimaryKeyConstraint("account_id", "rule", name=op.f("pk_alert")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.account_id"],
            name=op.f("fk_alert_account_id_account"),
            ondelete="CASCADE",
        ),
        level("state"),
        level("leaning"),
        level("told"),
        moment("since"),
        moment("leaning_since"),
        moment("told_at"),
    )


def downgrade() -> None:
    op.drop_table("alert")
