"""The registry: every property and setting, declared once."""
