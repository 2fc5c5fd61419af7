"""Shared links open reports too, and say what stands above their chart in a frame."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = (("chapters", 200), ("language", 5), ("formats", 40), ("heading", 80))


def upgrade() -> None:
    for name, length in COLUMNS:
        op.add_column("shared_links", sa.Column(name, sa.String(length), nullable=False, server_default=""))


def downgrade() -> None:
    for name, _ in COLUMNS:
        op.drop_column("shared_links", name)
