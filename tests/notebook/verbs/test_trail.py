"""Promises of smtp_nb.notebook.verbs.trail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from smtp_nb.errors import InputError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def sent(shell: InteractiveShell) -> Iterator[Any]:
    """Runs a line of `%smtp`, after a message was sent."""

    def line(text: str) -> Any:
        return shell.run_line_magic("smtp", text)

    line("trail --clear")
    line("server start --auth ann")
    line("connect --from teacher@school.test")
    line("send --to ann@school.test --subject Hello --text Hello")
    yield line
    line("server stop")


def test_the_trail_is_written_to_a_file(sent: Any, tmp_path: Path) -> None:
    said = sent(f"trail --save {tmp_path / 'trail.txt'}")
    text = (tmp_path / "trail.txt").read_text(encoding="utf-8")
    assert "RCPT TO:<ann@school.test>" in text
    assert "AUTH PLAIN <hidden>" in text
    assert "credentials hidden" in str(said)


def test_a_file_that_cannot_be_written_is_an_error(sent: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="txt"):
        sent(f"trail --save {tmp_path / 'trail.pcap'}")


def test_the_trail_comes_as_a_frame_with_the_user_of_the_session(
    sent: Any, shell: InteractiveShell
) -> None:
    frame = sent("trail --frame")
    assert {"EHLO", "AUTH", "MAIL"} <= set(frame["verb"])
    state = shell.magics_manager.registry["SMTPMagics"]._state
    assert state.trail.lines()[-1][1].user == "ann"
    assert state.trail.lines()[-1][1].server == "sandbox.test"
