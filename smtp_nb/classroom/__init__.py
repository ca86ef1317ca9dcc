"""What teaches: conversations by hand, things in the middle, classes, exercises and lessons."""

from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.lesson import Lesson, check, hint, lesson

__all__ = ["Lesson", "Score", "check", "hint", "lesson"]
