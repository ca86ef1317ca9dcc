"""What teaches: conversations by hand, things in the middle, classes, exercises and lessons."""

from smtp_nb.classroom.attacks.attack import Attack
from smtp_nb.classroom.client_stepper import ClientStepper
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.hexdump.dump import HexDump
from smtp_nb.classroom.lesson import Lesson, check, hint, lesson
from smtp_nb.classroom.middle.tap import Tap
from smtp_nb.classroom.net import Net
from smtp_nb.classroom.quizzes.quiz import Quiz
from smtp_nb.classroom.relaying.authentication import Authentication, authenticate
from smtp_nb.classroom.relaying.findings import findings
from smtp_nb.classroom.relaying.keys import SigningKey, signing_key
from smtp_nb.classroom.room.class_log import ClassLog
from smtp_nb.classroom.room.classroom import Classroom
from smtp_nb.classroom.room.doorkeeper import StrangerLimits
from smtp_nb.classroom.room.poll import Poll
from smtp_nb.classroom.room.student import Student
from smtp_nb.classroom.stepper import Stepper
from smtp_nb.classroom.terminal import Terminal
from smtp_nb.classroom.zone import Zone

__all__ = [
    "Attack",
    "Authentication",
    "ClassLog",
    "Classroom",
    "ClientStepper",
    "HexDump",
    "Lesson",
    "Net",
    "Poll",
    "Quiz",
    "Score",
    "SigningKey",
    "Stepper",
    "StrangerLimits",
    "Student",
    "Tap",
    "Terminal",
    "Zone",
    "authenticate",
    "check",
    "findings",
    "hint",
    "lesson",
    "signing_key",
]
