"""Who has an account, how they get in, and the pages for it."""
