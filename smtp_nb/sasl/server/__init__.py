"""The server's side of the mechanisms, for the sandbox."""
