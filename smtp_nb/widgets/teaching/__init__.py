"""Live views for lessons: bytes to look into, questions to answer."""
