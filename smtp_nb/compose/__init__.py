"""Message composition: properties, text, Markdown, files or raw bytes to content for the wire."""
