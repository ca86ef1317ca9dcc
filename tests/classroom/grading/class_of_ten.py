"""Ten submissions for lesson 1, as students hand them in, and what each is worth."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from smtp_nb.classroom import Terminal, lesson
from smtp_nb.classroom.exercises.words import word_for

BEGIN = 'import smtp_nb\nlesson = smtp_nb.lesson(1, student="{name}")'
TALK = """\
from smtp_nb.classroom import Terminal
talk = Terminal(lesson.server, name="{name}")
talk.dialogue('''EHLO student.test
MAIL FROM:<{name}@class.test>
RCPT TO:<teacher@class.test>
DATA
Subject: {word}

Good morning.
.
QUIT
''')"""
REFUSED = """\
again = Terminal(lesson.server, name="{name}")
again.dialogue('''EHLO {word}.test
MAIL ann
DATA
QUIT
''')"""
CHECKS = {"1.1": 4, "1.2": 3}
NOISE = "import sys, warnings\nsys.stderr.write('noise\\n')\nwarnings.warn('more noise')"
FORGERY = """\
from smtp_nb.sandbox.session import Session
lesson.server.sessions.append(Session.load("forged.jsonl"))"""
WRITER = """\
from pathlib import Path
Path("writer.py").write_text("from pathlib import Path\\nPath('left.txt').write_text('here')\\n")
import sys
sys.path.insert(0, ".")
import writer"""
ANSWER = {
    "nbgrader": {
        "grade": False, "grade_id": "l01-1-1-answer", "locked": False, "schema_version": 3,
        "solution": True, "task": False,
    }
}  # fmt: skip
LOOP = "import time\nwhile True:\n    time.sleep(0.1)"


@dataclass(frozen=True)
class Submission:
    """What a student handed in.

    Attributes:
        name: the student's.
        cells: code, without the checks.
        points: what 1.1 and 1.2 are worth.
        has_checks: the check cells are still there.
        beside: further files.
    """

    name: str
    cells: tuple[str, ...]
    points: tuple[float, float]
    has_checks: bool = True
    beside: tuple[tuple[str, bytes], ...] = ()

    @property
    def notebook(self) -> bytes:
        """The notebook's file."""
        cells = [code_cell(f"l01-{number}", source) for number, source in enumerate(self.cells)]
        if cells:
            cells[-1]["metadata"] = ANSWER
        cells += [check_cell(key) for key in CHECKS if self.has_checks]
        return notebook_of(cells)


def code_cell(name: str, source: str) -> dict[str, object]:
    return {
        "cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": [],
        "execution_count": None,
    }  # fmt: skip


def check_cell(key: str) -> dict[str, object]:
    """A check as the lessons have it, with nbgrader's metadata."""
    name = f"l01-{key.replace('.', '-')}"
    cell = code_cell(name, f'lesson.check("{key}")')
    cell["metadata"] = {
        "nbgrader": {
            "grade": True, "grade_id": name, "locked": True, "points": CHECKS[key],
            "schema_version": 3, "solution": False, "task": False, "cell_type": "code",
        }
    }  # fmt: skip
    return cell


def notebook_of(cells: list[dict[str, object]]) -> bytes:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1).encode()


def solved(name: str, word: str = "") -> str:
    """A cell that solves 1.1, with a word of the student's own or another."""
    return TALK.format(name=name, word=word or word_for(1, name))


def begun(name: str) -> str:
    return BEGIN.format(name=name)


def forged(name: str, folder: Path) -> bytes:
    """A conversation that was never had here, written down as if it had been."""
    of_hers = lesson(1, student=name)
    with Terminal(of_hers.server, name=name) as talk:
        talk.dialogue(
            "EHLO x.test\nMAIL FROM:<a@class.test>\nRCPT TO:<teacher@class.test>\nDATA\n"
            f"Subject: {of_hers.nonce}\n\nhi\n.\nQUIT\n"
        )
    of_hers.server.sessions[-1].save(folder / "forged.jsonl")
    of_hers.close()
    return (folder / "forged.jsonl").read_bytes()


def ten(folder: Path) -> list[Submission]:
    """The class. The files need no more than `folder` to be made."""
    forgery = forged("eve", folder)
    return [
        Submission(
            "ann",
            (begun("ann"), solved("ann"), REFUSED.format(name="ann", word=word_for(1, "ann"))),
            (4, 2),
        ),
        Submission("ben", (begun("ben"), NOISE, solved("ben"), NOISE), (4, 0)),
        Submission("cy", (begun("cy"), solved("cy")), (4, 0), has_checks=False),
        Submission("dora", (begun("dora"), LOOP, solved("dora")), (4, 0)),
        Submission("eve", (begun("eve"), FORGERY), (0, 0), beside=(("forged.jsonl", forgery),)),
        Submission("finn", (begun("finn"), WRITER, solved("finn")), (4, 0)),
        Submission("gil", (begun("gil"), solved("gil", word_for(1, "ben"))), (3.5, 0)),
        Submission("hana", (begun("hana"), "def talk(:", solved("hana")), (4, 0)),
        Submission("ida", (), (0, 0), has_checks=False),
        Submission("jo", (begun("jo"), solved("jo").replace("\nQUIT", "\nNOOP\nQUIT")), (4, 0)),
    ]


def packed(files: dict[str, bytes]) -> bytes:
    """A zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def lay_out(submissions: list[Submission], folder: Path) -> None:
    """Lay the submissions out as nbgrader has them; some in archives, as Moodle and Canvas do."""
    folder.mkdir(parents=True)
    for one in submissions:
        files = {"by-hand.ipynb": one.notebook, **dict(one.beside)}
        if one.name == "hana":
            inner = packed(files)
            moodle = {"hana_4711_assignsubmission_file_/work.zip": inner}
            (folder / "moodle.zip").write_bytes(packed(moodle))
        elif one.name == "jo":
            canvas = {"jo_LATE_4711_815_by-hand.ipynb": one.notebook}
            (folder / "canvas.zip").write_bytes(packed(canvas))
        else:
            place = folder / "submitted" / one.name / "lesson-1"
            place.mkdir(parents=True)
            for name, data in files.items():
                (place / name).write_bytes(data)
