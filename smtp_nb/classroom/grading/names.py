"""Names of students, as platforms put them into the paths of what was handed in.

nbgrader  submitted/ann/lesson-1/01-by-hand.ipynb
Moodle    Ann Smith_4711_assignsubmission_file_/01-by-hand.ipynb
Canvas    smithann_LATE_4711_815_01-by-hand.ipynb
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOODLE = re.compile(r"(?P<name>.+?)_\d+_assignsubmission_\w+")
_CANVAS = re.compile(r"(?P<name>[^\W_]+)(?:_LATE)?_\d+_\d+_.+")
_STAGES = ("submitted", "autograded", "downloaded")


def name_in(parts: Sequence[str]) -> str:
    """The student's name in a path, empty if there is none.

    Args:
        parts: of the path, below the folder or archive that was given; the file is the last.
    """
    for pattern in (_MOODLE, _CANVAS):
        for part in parts:
            if found := pattern.match(part):
                return found["name"].strip()
    stages = [number for number, part in enumerate(parts) if part in _STAGES]
    below = parts[stages[-1] + 1 :] if stages else parts
    return below[0].removesuffix(".zip").strip() if len(below) > 1 else ""


def is_alone(parts: Sequence[str]) -> bool:
    """True if the folder of a file belongs to one student."""
    return len(parts) > 1 and not any(_CANVAS.match(part) for part in parts[-1:])


def is_same(one: str, other: str) -> bool:
    """True if two names mean one student: `ann` is `Ann` and `Ann Smith`."""
    one, other = one.casefold(), other.casefold()
    return one == other or one in re.split(r"[\W_]+", other) or other in re.split(r"[\W_]+", one)
