"""The verbs of a lesson: which there are, begin one, check an exercise, take a hint."""

from __future__ import annotations

from smtp_nb.notebook.verb import Verb
from smtp_nb.notebook.verbs.lesson import check, hint, lesson, lessons

VERBS: tuple[Verb, ...] = (*lessons.VERBS, *lesson.VERBS, *check.VERBS, *hint.VERBS)
