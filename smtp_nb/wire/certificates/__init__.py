"""Certificates and keys: reading stores of every format, fields, pins."""
