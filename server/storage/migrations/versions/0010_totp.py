"""The desk: a second step of signing in."""

import sqlalchemy as sa
import sqlmodel
import sqlmodel.sql.sqltypes
from alembic import op

from server.storage.core import Moment

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("totp_secret", text(length=200), nullable=True))
        account.add_column(sa.Column("totp_since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        account.add_column(sa.Column("totp_step", sa.Integer(), nullable=True))
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", text(length=64), nullable=False),
        sa.Column("account_id", text(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
    op.create_table(
        "sign_in_step",
        sa.Column("id_hash", text(length=64), nullable=False),
        sa.Column("account_id", text(length=32), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    op.create_index("ix_sign_in_step_account_id", "sign_in_step", ["account_id"])
