"""Roles per site, sessions on the server, the second factor, API tokens, and how somebody wants the pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OWN = ("api_tokens", "recovery_codes", "sessions", "site_roles")


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("everywhere", sa.Boolean, nullable=False, server_default=sa.true()))
        users.add_column(sa.Column("deactivated_at", sa.Integer))
        users.add_column(sa.Column("language", sa.String(5)))
        users.add_column(sa.Column("theme", sa.String(5), nullable=False, server_default="auto"))
        users.add_column(sa.Column("totp_salt", sa.String(64)))
        users.add_column(sa.Column("totp_since", sa.Integer))
        users.add_column(sa.Column("totp_step", sa.Integer))
        users.drop_column("stamp")
    op.create_table(
        "site_roles",
        _owner(primary_key=True),
        sa.Column("site", sa.String(40), primary_key=True),
        sa.Column("role", sa.String(10), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        _owner(index=True),
        sa.Column("device", sa.String(10), nullable=False),
        sa.Column("created_at", sa.Integer, nullable=False),
        sa.Column("last_day", sa.Integer, nullable=False),
    )
    op.create_table("recovery_codes", sa.Column("digest", sa.String(64), primary_key=True), _owner(index=True))
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        _owner(index=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("site", sa.String(40)),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.Integer, nullable=False),
        sa.Column("last_day", sa.Integer),
    )


def downgrade() -> None:
    for name in OWN:
        op.drop_table(name)
    with op.batch_alter_table("users") as users:
        for name in ("everywhere", "deactivated_at", "language", "theme", "totp_salt", "totp_since", "totp_step"):
            users.drop_column(name)
        users.add_column(sa.Column("stamp", sa.String(64), nullable=False, server_default=""))


def _owner(*, primary_key: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(
        "user_id",
        sa.Integer,
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=index,
    )
