"""The desk: imports"""

from datetime import datetime

import sqlalchemy as sa
import sqlmodel
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0006"
down_revision = "0005"


def _text(length: int | None = None) -> sa.types.TypeEngine[str]:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def _moment() -> sa.types.TypeEngine[datetime]:
    return sqlmodel.sql.sqltypes.UTCDateTime()


def _of_job() -> sa.Column[str]:
    return sa.Column("job_id", _text(32), sa.ForeignKey("import_job.id"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", _text(32), nullable=False),
        sa.Column("name", _text(300), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("actor", _text(100), nullable=False),
        sa.Column("person", _text(200), nullable=False),
        sa.Column("state", _text(12), nullable=False),
        sa.Column("delegation", _text(20), nullable=True),
        sa.Column("converts", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("problem", _text(60), nullable=False),
        sa.Column("is_stopping", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("worker", _text(32), nullable=True),
        sa.Column("beat_at", _moment(), nullable=True),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("changed_at", _moment(), nullable=False),
        sa.Column("started_at", _moment(), nullable=True),
        sa.Column("applied_at", _moment(), nullable=True),
        sa.Column("undone_at", _moment(), nullable=True),
        sa.Column("expires_at", _moment(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("import_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_job_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_job_expires_at"), ["expires_at"], unique=False)
    op.create_table(
        "import_part",
        _of_job(),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "place"),
    )
    op.create_table(
        "import_row",
        _of_job(),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("state", _text(8), nullable=False),
        sa.Column("codes", _text(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "sheet", "row"),
    )
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.create_index("ix_import_row_state", ["job_id", "state", "sheet", "row"], unique=False)
    op.create_table(
        "import_edit",
        _of_job(),
        sa.Column("kind", _text(8), nullable=False),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.Integer(), nullable=False),
        sa.Column("value", _text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "kind", "sheet", "row", "column"),
    )
    op.create_table(
        "import_change",
        sa.Column("seq", sa.Integer(), nullable=False),
        _of_job(),
        sa.Column("kind", _text(12), nullable=False),
        sa.Column("subject", _text(32), nullable=False),
        sa.Column("delegation_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    with op.batch_alter_table("import_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_change_job_id"), ["job_id"], unique=False)
