"""The desk: messages"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    text, moment = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "message",
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("id", text(length=32), nullable=False),
        sa.Column("channel", text(length=10), nullable=False),
        sa.Column("recipient", text(length=254), nullable=False),
        sa.Column("language", text(length=10), nullable=False),
        sa.Column("step", text(length=20), nullable=False),
        sa.Column("delegation", text(length=20), nullable=False),
        sa.Column("state", text(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", moment(), nullable=False),
        sa.Column("claim", text(length=32), nullable=True),
        sa.Column("claimed_until", moment(), nullable=True),
        sa.Column("last_error", text(length=300), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("sent_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    for column in ("delegation", "next_try_at", "state"):
        op.create_index(f"ix_message_{column}", "message", [column], unique=False)
    op.create_table(
        "visit_request",
        sa.Column("consents", sa.JSON(), nullable=False),
        sa.Column("id", text(length=32), nullable=False),
        sa.Column("delegation", text(length=20), nullable=False),
        sa.Column("key_hash", text(length=64), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_request")),
        sa.UniqueConstraint("delegation", name=op.f("uq_visit_request_delegation")),
    )
