"""Results as a DataFrame and as files."""
