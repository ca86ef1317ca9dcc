"""What stands between a client and its server, reads along and changes what passes."""
