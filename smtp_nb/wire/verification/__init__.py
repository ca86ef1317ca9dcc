"""Judging a server's certificate: chain, host name, strength, revocation."""
