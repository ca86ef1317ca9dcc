"""What an exercise is, what it looks at, and what it is worth."""
