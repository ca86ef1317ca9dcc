"""SMTP for notebooks: client, mail merge, live trail and an embedded server."""

__version__ = "0.1.0"
