"""The desk: appointments"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    op.create_index("ix_delegation_slot_at", "delegation", ["slot_at"])
    op.create_table(
        "special_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", text(length=200), nullable=False),
        sa.Column("name_en", text(length=200), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "guide",
        sa.Column("id", text(length=32), nullable=False),
        sa.Column("name", text(length=200), nullable=False),
        sa.Column("kind", text(length=20), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("days_off", sa.JSON(), nullable=False),
        sa.Column("note", text(length=200), nullable=False),
        sa.Column("account_id", text(length=32), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "assignment",
        sa.Column("delegation_id", sa.Integer(), nullable=False),
        sa.Column("guide_id", text(length=32), nullable=False),
        sa.Column("reason", text(length=300), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(["delegation_id"], ["delegation.id"]),
        sa.ForeignKeyConstraint(["guide_id"], ["guide.id"]),
        sa.PrimaryKeyConstraint("delegation_id", "guide_id"),
    )
    op.create_index("ix_assignment_guide_id", "assignment", ["guide_id"])
    op.create_table(
        "itinerary_stop",
        sa.Column("delegation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("zone", text(length=40), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["delegation_id"], ["delegation.id"]),
        sa.PrimaryKeyConstraint("delegation_id", "position"),
    )
    op.create_index("ix_itinerary_stop_at", "itinerary_stop", ["at"])
