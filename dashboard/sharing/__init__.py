"""What somebody without an account may read by a link, and charts for a page of one's own."""
