"""The desk: prints"""

import sqlalchemy as sa
import sqlmodel
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "print",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("layout", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_print_at", "print", ["at"])
    op.create_table(
        "printed_pass",
        sa.Column("pass_id", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("print_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pass_id"], ["pass.id"]),
        sa.ForeignKeyConstraint(["print_id"], ["print.id"]),
        sa.PrimaryKeyConstraint("pass_id", "print_id"),
    )
    op.create_index("ix_printed_pass_print_id", "printed_pass", ["print_id"])
    op.create_index(
        "ix_visitor_visit_date",
        "visitor",
        ["visit_date"],
        sqlite_where=sa.text("visit_date IS NOT NULL"),
        postgresql_where=sa.text("visit_date IS NOT NULL"),
    )
    op.create_index(
        "ix_visitor_needs",
        "visitor",
        ["id"],
        sqlite_where=sa.text("needs <> ''"),
        postgresql_where=sa.text("needs <> ''"),
    )
    op.create_index(
        "ix_visitor_walk_in",
        "visitor",
        ["id"],
        sqlite_where=sa.text("delegation_id IS NULL"),
        postgresql_where=sa.text("delegation_id IS NULL"),
    )
