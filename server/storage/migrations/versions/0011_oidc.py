"""The desk: accounts of an OpenID provider, and sign-ins on their way there and back."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from server.storage.core import Moment

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "oidc_identity",
        sa.Column("issuer", text(length=300), nullable=False),
        sa.Column("subject", text(length=300), nullable=False),
        sa.Column("account_id", text(length=32), nullable=False),
        sa.Column("linked_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("issuer", "subject"),
    )
    op.create_index("ix_oidc_identity_account_id", "oidc_identity", ["account_id"])
    op.create_table(
        "oidc_try",
        sa.Column("state_hash", text(length=64), nullable=False),
        sa.Column("nonce", text(length=100), nullable=False),
        sa.Column("verifier", text(length=128), nullable=False),
        sa.Column("next_page", text(length=300), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    op.create_index("ix_oidc_try_expires_at", "oidc_try", ["expires_at"])
