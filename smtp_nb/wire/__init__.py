"""Byte layers under SMTP. None of them opens a socket or waits: octets in, octets out."""
