"""Verdicts: what was said about an exercise, and what else was heard, as JSON can carry it.

They cross the border between the process that runs a notebook and the one that grades, so what is
read is checked. The points are computed anew, from the exercise of this package.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from smtp_nb.classroom.exercises.exercise import Criterion, Exercise
from smtp_nb.classroom.exercises.score import Score
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.exercises.words import WORDS
from smtp_nb.model.enums import TrailDirection

MAX_TEXT = 300
_WORD = "|".join(WORDS)
_PAIR = re.compile(rf"\b(?:{_WORD})-(?:{_WORD})\b", re.IGNORECASE)


def verdict(score: Score, hints: int) -> dict[str, Any]:
    """A score as JSON."""
    criteria = [asdict(criterion) for criterion in score.criteria]
    return {"key": score.key, "hints": hints, "criteria": criteria}


def score_of(record: Mapping[str, Any], exercises: Mapping[str, Exercise]) -> Score:
    """A score from JSON.

    Raises:
        ValueError: it is not one, or of an exercise that is not there.
    """
    try:
        criteria = [
            Criterion(
                str(one["name"])[:MAX_TEXT],
                float(one["points"]),
                one["is_met"] is True,
                str(one["seen"])[:MAX_TEXT],
            )
            for one in record["criteria"]
        ]
        return Score(exercises[record["key"]], criteria)
    except (KeyError, TypeError) as error:
        raise ValueError("not a verdict") from error


def hearsay(seen: Seen) -> dict[str, Any]:
    """What is told beside the points: remarks, and the words that were used."""
    remarks = Counter(key for session in seen.sessions for key in session.remarks)
    return {"remarks": dict(remarks), "words": used_words(_said(seen))}


def _said(seen: Seen) -> str:
    """Everything that the student said."""
    lines = [
        event.message
        for session in seen.sessions
        for event in session
        if event.direction is TrailDirection.CLIENT
    ]
    contents = [message.content.decode("latin-1") for message in seen.messages]
    return "\n".join([*lines, *contents, *map(str, seen.answers.values())])


def used_words(text: str) -> list[str]:
    """The words of students that are in a text."""
    return sorted({found.lower() for found in _PAIR.findall(text)})
