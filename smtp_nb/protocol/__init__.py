"""Bytes to commands and replies and back, for both roles: no clock, no socket, no policy."""
