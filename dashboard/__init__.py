"""What a person sees: the pages, their accounts, exports and the command."""
