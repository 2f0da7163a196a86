"""The desk: cases"""

import sqlalchemy as sa
import sqlmodel
import sqlmodel.sql.sqltypes
from alembic import op

from server.storage.core import Moment

revision = "0008"
down_revision = "0007"

_PENDING = sa.text("correction IS NOT NULL AND corrected_at IS NULL")


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    with op.batch_alter_table("case") as case:
        case.add_column(sa.Column("choice", text(length=24), nullable=True))
        case.add_column(sa.Column("correction", sa.JSON(none_as_null=True), nullable=True))
        case.add_column(sa.Column("corrected_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.create_index("ix_case_pending", "case", ["id"], sqlite_where=_PENDING, postgresql_where=_PENDING)
    op.create_index("ix_case_opened_at", "case", ["opened_at"])
    op.create_table(
        "roll_call",
        sa.Column("id", text(length=36), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("started_by", text(length=100), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_by", text(length=100), nullable=True),
        sa.Column("listed", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_roll_call_ended_at", "roll_call", ["ended_at"])
    op.create_table(
        "roll_call_tick",
        sa.Column("roll_call_id", text(length=36), nullable=False),
        sa.Column("tablet", text(length=36), nullable=False),
        sa.Column("key", text(length=80), nullable=False),
        sa.Column("safe", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", text(length=100), nullable=False),
        sa.ForeignKeyConstraint(["roll_call_id"], ["roll_call.id"]),
        sa.PrimaryKeyConstraint("roll_call_id", "tablet", "key"),
    )
