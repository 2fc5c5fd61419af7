"""Annotations, and what editors say of an audience beside its name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "annotations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(40), nullable=False, index=True),
        sa.Column("start", sa.String(10), nullable=False),
        sa.Column("end", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("made_by", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("made_at", sa.Integer, nullable=False),
    )
    op.create_table(
        "marks",
        sa.Column("site", sa.String(40), primary_key=True),
        sa.Column("segment", sa.String(64), primary_key=True),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("colour", sa.Integer),
    )


def downgrade() -> None:
    op.drop_table("marks")
    op.drop_table("annotations")
