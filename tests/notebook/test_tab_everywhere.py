"""Tab at every position of every verb: our matcher answers, no other is asked, few steps are taken.

The steps are the calls that Python makes, counted, so a slow machine changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from smtp_nb.notebook.offers import LOOKED_AT
from smtp_nb.notebook.syntax import ValueKind
from smtp_nb.notebook.verbs import VERBS

MANY = 20_000
MOST_STEPS = 30 * LOOKED_AT


def positions() -> Iterator[str]:
    """Every place of every verb, with nothing typed there, a letter, an option, an open quote."""
    for verb in VERBS.values():
        before = [f"%smtp {verb.name} "]
        before += [
            f"%smtp {verb.name} {'x ' * (place + 1)}" for place in range(len(verb.arguments))
        ]
        for option in verb.syntax.all_options:
            name = f"%smtp {verb.name} {option.name}"
            before += [f"{name} "] if option.kind is ValueKind.FLAG else [f"{name} ", f"{name}="]
        yield from (start + typed for start in before for typed in ("", "x", "--", "'a b", "{{ x"))


LINES = ["%smtp ", "%smtp nonsense ", "r = %smtp ", "    %smtp x", *positions()]
BODIES = ["", "Dear ", "import ", "{{ x", "%", "\n%timeit ", "x.", "('", "--"]


class Witness:
    """Says whether IPython asked another matcher after ours."""

    def __init__(self) -> None:
        self.was_asked = False


@pytest.fixture
def witness(shell: InteractiveShell) -> Iterator[Witness]:
    witness = Witness()

    def note(token: str) -> list[str]:
        witness.was_asked = True
        return []

    shell.Completer.custom_matchers.append(note)
    yield witness
    shell.Completer.custom_matchers.remove(note)


def complete(shell: InteractiveShell, text: str) -> list[str]:
    with provisionalcompleter():
        return [found.text for found in shell.Completer.completions(text, len(text))]


def test_no_position_is_left_to_other_matchers(shell: InteractiveShell, witness: Witness) -> None:
    left = []
    for line in LINES:
        witness.was_asked = False
        complete(shell, line)
        left += [line] if witness.was_asked else []
    assert len(LINES) > 1000
    assert left == []


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("verb", ["send --to a@b.test", "template x"])
def test_no_body_is_left_to_other_matchers(
    shell: InteractiveShell, witness: Witness, verb: str, body: str
) -> None:
    complete(shell, f"%%smtp {verb}\nDear you,\n{body}")
    assert not witness.was_asked


@pytest.mark.parametrize("text", ["smtp ", "x = 3", "%smtpx ", "%%bash\n%", "%time "])
def test_other_cells_are_left_to_others(
    shell: InteractiveShell, witness: Witness, text: str
) -> None:
    complete(shell, text)
    assert witness.was_asked


@contextmanager
def steps() -> Iterator[list[int]]:
    """Counts the calls made within the block."""
    count = [0]

    def note(_frame: FrameType, event: str, _argument: Any) -> None:
        count[0] += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        yield count
    finally:
        sys.setprofile(None)


@pytest.fixture
def crowded(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InteractiveShell]:
    """Everything that Tab may look through is huge."""
    monkeypatch.chdir(tmp_path)
    for number in range(LOOKED_AT * 2):
        (tmp_path / f"file{number}.smtp-merge.sqlite").touch()
    wide = pd.DataFrame(columns=[f"column{number}" for number in range(MANY)])
    added: dict[str, object] = {f"name{number}": wide for number in range(MANY)}
    added["x"] = wide
    shell.user_ns.update(added)
    yield shell
    for name in added:
        del shell.user_ns[name]


def test_no_position_takes_more_than_a_bounded_number_of_steps(crowded: InteractiveShell) -> None:
    complete(crowded, "%smtp explain 5")  # the tables are read once
    matcher = crowded.Completer.custom_matchers[-1]
    worst = ("", 0)
    for line in LINES[::3]:  # 3 and 5 have no common factor: every place, and every way to begin
        context = _Context(line)
        with steps() as count:
            matcher(context)
        worst = max(worst, (line, count[0]), key=lambda pair: pair[1])
    assert worst[1] <= MOST_STEPS, worst


class _Context:
    """What IPython hands to a matcher."""

    def __init__(self, line: str) -> None:
        self.full_text = self.line_with_cursor = line
        self.cursor_line, self.cursor_position = 0, len(line)
        self.token = line.rpartition(" ")[2]
