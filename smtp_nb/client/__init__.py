"""The client: `SMTP` and `AsyncSMTP`, built from one registry of properties and settings."""
