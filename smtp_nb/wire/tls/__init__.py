"""TLS as a filter on bytes: contexts, what is offered, sessions, records."""
