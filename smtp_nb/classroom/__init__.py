"""What teaches: conversations by hand, things in the middle, classes, exercises and lessons."""

__all__: list[str] = []
