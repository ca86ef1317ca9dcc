"""What teaches: conversations by hand, things in the middle, classes, exercises and lessons."""

from smtp_nb.classroom.attacks.attack import Attack
from smtp_nb.classroom.client_stepper import ClientStepper
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.lesson import Lesson, check, hint, lesson
from smtp_nb.classroom.room.class_log import ClassLog
from smtp_nb.classroom.room.classroom import Classroom
from smtp_nb.classroom.room.doorkeeper import StrangerLimits
from smtp_nb.classroom.room.poll import Poll
from smtp_nb.classroom.room.student import Student
from smtp_nb.classroom.stepper import Stepper
from smtp_nb.classroom.tap import Tap
from smtp_nb.classroom.terminal import Terminal

__all__ = [
    "Attack",
    "ClassLog",
    "Classroom",
    "ClientStepper",
    "Lesson",
    "Poll",
    "Score",
    "Stepper",
    "StrangerLimits",
    "Student",
    "Tap",
    "Terminal",
    "check",
    "hint",
    "lesson",
]
