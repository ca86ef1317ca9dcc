"""The server's role: command lines in, replies out, and the rules between them."""
