"""What a session is given when it begins: settings, TLS, limits, and what earlier ones learned."""
