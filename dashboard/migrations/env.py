"""What Alembic runs: the changes that are due, in one transaction, on the connection that it is handed."""

from __future__ import annotations

from alembic import context

from dashboard.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a column by copying the table
)
with context.begin_transaction():
    context.run_migrations()
