"""What teaches: conversations by hand, things in the middle, classes, exercises and lessons."""

from smtp_nb.classroom.room.class_log import ClassLog
from smtp_nb.classroom.room.classroom import Classroom
from smtp_nb.classroom.room.doorkeeper import StrangerLimits
from smtp_nb.classroom.room.poll import Poll
from smtp_nb.classroom.room.student import Student

__all__ = ["ClassLog", "Classroom", "Poll", "StrangerLimits", "Student"]
