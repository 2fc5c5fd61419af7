"""What happens in a real Chromium."""
