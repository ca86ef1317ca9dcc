"""Messages that the caller composed: read, checked and written again."""
