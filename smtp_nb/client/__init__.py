"""What people import: `SMTP` and `AsyncSMTP`, made from one registry of properties and settings."""
