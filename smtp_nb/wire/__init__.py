"""Byte layers under SMTP. None opens a socket or waits: bytes in, bytes out."""
