"""The desk: accounts whose password must be changed; the audit log refuses changes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("account") as table:
        table.add_column(sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_audit_line_actor", "audit_line", ["actor"])
    op.create_index("ix_audit_line_at", "audit_line", ["at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("""CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""")
        op.execute("""CREATE TRIGGER audit_line_stays BEFORE UPDATE OR DELETE ON audit_line
            FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()""")
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(f"""CREATE TRIGGER audit_line_stays_{act.lower()} BEFORE {act} ON audit_line
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""")
