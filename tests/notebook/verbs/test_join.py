"""`%smtp join` in a real kernel, and a class as the last line of a cell."""

from __future__ import annotations

import pytest

from ..conftest import Kernel

ROOM = """%load_ext smtp_nb
from smtp_nb.classroom import Classroom
room = Classroom(["Ann", "Ben"], code="maple-73", port=0)
code = room.join_line.removeprefix("%smtp join ")
room"""


def test_a_student_joins_and_sends_and_the_wall_is_saved_without_names(kernel: Kernel) -> None:
    shown = kernel.run(ROOM)
    assert shown.error is None
    (wall,) = shown.outputs
    assert "application/vnd.jupyter.widget-view+json" in wall
    assert "student 2" in wall["text/html"]
    joined = kernel.run("get_ipython().run_line_magic('smtp', f'join {code} --as ann')")
    assert joined.error is None
    assert "maple-73" in joined.text
    sent = kernel.run("%smtp send --to teacher@class.test --subject Hi --text Hello")
    assert "ACCEPTED" in sent.text
    assert "delivered" in str(sent.updates[-1])
    assert "ann@" not in str(sent.updates)
    seen = kernel.run("print(room['ann'].messages[0].mail_from, len(room['ann'].messages))")
    assert seen.text.strip() == "ann@class.test 1"
    for line, words in (
        ("join {code} --as dora", "does not know 'dora'"),
        ("join {code}", "the class does not know yet who you are"),
        ("join maple-73@127.0.0.1:2525 --as ann", "the join code is not complete"),
    ):
        refused = kernel.run(f"get_ipython().run_line_magic('smtp', f'{line}')")
        assert refused.error is not None
        assert words in str(refused.error)
    hub = "import os; os.environ['JUPYTERHUB_USER'] = 'Ben'\n"
    known = kernel.run(hub + "get_ipython().run_line_magic('smtp', f'join {code}')")
    assert "ben" in known.text
    assert kernel.run("del os.environ['JUPYTERHUB_USER']; room.stop()").error is None


@pytest.mark.parametrize("words", ["join", "join --help"])
def test_help_says_what_a_code_is(kernel: Kernel, words: str) -> None:
    seen = kernel.run(f"%load_ext smtp_nb\n%smtp {words}")
    assert "room.join_line" in seen.text + str(seen.error)
