"""Messages: from properties, text, Markdown, files or raw octets to content for the wire."""
