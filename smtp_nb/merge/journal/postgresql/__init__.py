"""The journal in a schema of PostgreSQL, through SQLAlchemy."""
