"""One file per change, named by its number and what it does."""
