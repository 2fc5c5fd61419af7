"""Changes of the metadata's tables, in order; run by :mod:`dashboard.database` when it opens the database."""
