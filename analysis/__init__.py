"""What happens to a month: from the journal's lines to counts, from counts to audience segments."""
