"""A run: which messages, over which connections, how fast."""
