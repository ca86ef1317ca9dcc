"""Templates, compiled once and filled for each row."""
