"""Open vacancies and hires that were brought in, and which of their families are which of the site's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supply_imports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(40), nullable=False, index=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("made_by", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("made_at", sa.Integer, nullable=False),
        sa.UniqueConstraint("site", "kind", "source"),
    )
    op.create_table(
        "supply_vacancies",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs(),
        sa.Column("site", sa.String(40), nullable=False, index=True),
        sa.Column("family", sa.String(60), nullable=False),
        sa.Column("employment_type", sa.String(12), nullable=False),
        sa.Column("location", sa.String(60), nullable=False),
        sa.Column("opened", sa.Date, nullable=False),
        sa.Column("closed", sa.Date),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "supply_hires",
        sa.Column("id", sa.Integer, primary_key=True),
        _belongs(),
        sa.Column("site", sa.String(40), nullable=False, index=True),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("family", sa.String(60), nullable=False),
        sa.Column("hires", sa.Integer, nullable=False),
        sa.Column("applications", sa.Integer),
    )
    op.create_table(
        "supply_families",
        sa.Column("site", sa.String(40), primary_key=True),
        sa.Column("imported", sa.String(60), primary_key=True),
        sa.Column("family", sa.String(60), nullable=False),
    )


def _belongs() -> sa.Column[int]:
    return sa.Column(
        "import_id", sa.Integer, sa.ForeignKey("supply_imports.id", ondelete="CASCADE"), nullable=False, index=True
    )


def downgrade() -> None:
    for name in ("supply_families", "supply_hires", "supply_vacancies", "supply_imports"):
        op.drop_table(name)
