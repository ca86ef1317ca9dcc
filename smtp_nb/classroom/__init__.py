"""What teaches: conversations by hand, things in the middle, classes, exercises and lessons."""

from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.lesson import Lesson, check, hint, lesson
from smtp_nb.classroom.stepper import Stepper
from smtp_nb.classroom.tap import Tap
from smtp_nb.classroom.terminal import Terminal

__all__ = ["Lesson", "Score", "Stepper", "Tap", "Terminal", "check", "hint", "lesson"]
