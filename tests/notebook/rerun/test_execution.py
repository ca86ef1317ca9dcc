"""A notebook that is run again harms nothing, and ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from smtp_nb.classroom.grading.allowance import Allowance
from smtp_nb.classroom.grading.notebooks import StudentNotebook
from smtp_nb.classroom.grading.rerun import run_again

BEGIN = 'import smtp_nb\nlesson = smtp_nb.lesson(1, student="ann")'

STUBBORN = """\
import time
while True:
    try:
        time.sleep(0.1)
    except BaseException:
        pass"""
AT_HOME = """\
from pathlib import Path
Path("here.txt").write_text("x")
assert Path.cwd() == Path.home()"""


@dataclass(frozen=True)
class Ran:
    """What came of a notebook: notes by cell, and the exercises that were judged."""

    notes: dict[str, str]
    judged: list[str]


def run(*cells: str, private: tuple[str, ...] = (), allowance: Allowance | None = None) -> Ran:
    notebook = StudentNotebook((BEGIN, *cells), 1, "ann", "")
    (found,) = run_again(notebook, "ann", [], {}, private, allowance or Allowance(20))
    notes = dict(note.partition(": ")[::2] for note in found.notes)
    return Ran(notes, list(found.scores))


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a notebook is told that tries everything, a cell each."""
    place = tmp_path_factory.mktemp("others")
    (place / "ben.ipynb").write_text("ben's answer", encoding="utf-8")
    cells = {
        "a connection": "import socket\nsocket.create_connection(('127.0.0.1', 25))",
        "a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
        "a server": "socket.socket().bind(('127.0.0.1', 0))",
        "a program": "import subprocess\nsubprocess.run(['ls'])",
        "a shell": "import os\nos.system('ls')",
        "a cell's shell": "!ls",
        "a file elsewhere": f"open({str(place / 'left.txt')!r}, 'w')",
        "a folder elsewhere": f"os.mkdir({str(place / 'left')!r})",
        "removal elsewhere": f"os.remove({str(place / 'ben.ipynb')!r})",
        "a link to elsewhere": f"os.symlink('x', {str(place / 'link')!r})",
        "another's work": f"open({str(place / 'ben.ipynb')!r}).read()",
        "memory": "b'x' * (1 << 40)",
    }
    ran = run(*cells.values(), private=(str(place / "ben.ipynb"),))
    assert [path.name for path in place.iterdir()] == ["ben.ipynb"]
    assert ran.judged == ["1.1", "1.2"]
    return {name: ran.notes.get(f"code cell {number}", "") for number, name in enumerate(cells, 2)}


@pytest.mark.parametrize("what", ["a connection", "a datagram", "a server"])
def test_there_is_no_network(refused: dict[str, str], what: str) -> None:
    assert "no network while a notebook is graded" in refused[what]


@pytest.mark.parametrize("what", ["a program", "a shell", "a cell's shell"])
def test_no_other_program_is_started(refused: dict[str, str], what: str) -> None:
    assert "no other programs while a notebook is graded" in refused[what]


@pytest.mark.parametrize(
    "what", ["a file elsewhere", "a folder elsewhere", "removal elsewhere", "a link to elsewhere"]
)
def test_nothing_is_changed_outside_its_folder(refused: dict[str, str], what: str) -> None:
    assert "a graded notebook writes in its own folder alone" in refused[what]


def test_what_others_handed_in_is_not_read(refused: dict[str, str]) -> None:
    assert "does not read what others handed in" in refused["another's work"]


def test_memory_is_limited(refused: dict[str, str]) -> None:
    assert refused["memory"].startswith("MemoryError")


def test_what_cannot_be_interrupted_is_ended_and_left_out() -> None:
    """A cell that swallows the interruption, and one that ends the process."""
    ran = run(STUBBORN, "import os\nos._exit(3)", allowance=Allowance(3))
    assert ran.notes == {
        "code cell 2 was left out, for it had to be ended": "",
        "code cell 3 was left out, for it had to be ended": "",
    }
    assert ran.judged == ["1.1", "1.2"]


def test_what_a_notebook_may_do_it_does() -> None:
    ran = run(
        AT_HOME,
        "%load_ext smtp_nb",
        "import asyncio\nawait asyncio.sleep(0)",
        "import tempfile\ntempfile.TemporaryFile().write(b'x')",
        "import os\nassert 'SECRET' not in os.environ\nprint('x' * 10**6)",
        "exit()",
    )
    assert ran == Ran({}, ["1.1", "1.2"])


def test_the_environment_of_the_teacher_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "a token")
    assert run("import os\nassert 'SECRET' not in os.environ").notes == {}


def test_a_notebook_cannot_grade_itself() -> None:
    """Whatever its variables are called, and whatever they say."""
    cells = (
        "lesson.check = lambda key: 4",
        "import smtp_nb.classroom.lesson as room\nroom.Lesson.check = lambda *a: 4",
        "lesson.nonce = ''",
        "lesson = 4",
    )
    notebook = StudentNotebook((BEGIN, *cells), 1, "ann", "")
    (found,) = run_again(notebook, "ann", [], {}, [], Allowance(20))
    assert {key: float(score) for key, score in found.scores.items()} == {"1.1": 0, "1.2": 0}


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run("open('here.txt', 'w').write('x')")
    assert list(tmp_path.iterdir()) == []
