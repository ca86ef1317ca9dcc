"""From nothing to a session that takes mail: proxy, TLS, greeting, login."""
