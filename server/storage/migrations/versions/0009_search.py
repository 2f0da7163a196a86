"""The desk: search"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("ix_visitor_search", "visitor", ["search_key", "id"])
    op.drop_index("ix_visitor_search_key", "visitor")
