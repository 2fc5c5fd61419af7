"""Who gets reports and alerts by themselves, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(40), nullable=False, index=True),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("recipient", sa.String(500), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("weekday", sa.Integer),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("chapters", sa.String(200), nullable=False),
        sa.Column("attachment", sa.String(10), nullable=False),
        sa.Column("alerts", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(15), nullable=False),
        sa.Column("due_at", sa.Integer, nullable=False),
        sa.Column("sent_run", sa.String(40), nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("made_by", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("made_at", sa.Integer, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "subscription",
            sa.Integer,
            sa.ForeignKey("subscriptions.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("site", sa.String(40), nullable=False, index=True),
        sa.Column("claim", sa.String(120), nullable=False, unique=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("try_at", sa.Integer, nullable=False),
        sa.Column("claimed_at", sa.Integer, nullable=False),
        sa.Column("ended_at", sa.Integer),
        sa.Column("problem", sa.String(300), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("subscriptions")
