"""Accounts, one-time links, and names given to segments by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(254), nullable=False, unique=True),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("stamp", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Integer, nullable=False),
    )
    op.create_table(
        "one_time_links",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("expires_at", sa.Integer, nullable=False),
    )
    op.create_table(
        "given_names",
        sa.Column("site", sa.String(40), primary_key=True),
        sa.Column("segment", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("given_by", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("given_at", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("given_names")
    op.drop_table("one_time_links")
    op.drop_table("users")
