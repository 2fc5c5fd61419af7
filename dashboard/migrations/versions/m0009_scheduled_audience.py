"""A scheduled report may be about one audience, and failures count from some moment on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("segment", sa.String(20), nullable=False, server_default=""))
    op.add_column("subscriptions", sa.Column("since", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("subscriptions", "since")
    op.drop_column("subscriptions", "segment")
