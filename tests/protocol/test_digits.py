"""Digits of the protocol are ASCII's, at every place where a number is read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smtp_nb.protocol
from protocol.server.talk import greeted, in_mail
from smtp_nb.errors import InputError
from smtp_nb.merge.running.durations import rate_of, seconds_of
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.extensions import parse_ehlo
from smtp_nb.protocol.server.states import ServerState

ROOM = Path(smtp_nb.protocol.__file__).parent
PLACES = [*ROOM.rglob("*.py")]
PLACES += [
    ROOM.parent / name
    for name in (
        *("model/explain.py", "model/reply.py", "model/trail/trail.py"),
        "merge/running/durations.py",
    )
]
foreign_digits = st.characters(categories=["Nd"], exclude_characters="0123456789")


def wide_digits(path: Path) -> list[str]:
    """Whatever in a file takes the digits of all scripts."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and r"\d" in node.value:
            found.append(f"{path.name}:{node.lineno}: {node.value}")
        if isinstance(node, ast.Attribute) and node.attr in ("isdigit", "isdecimal", "isnumeric"):
            found.append(f"{path.name}:{node.lineno}: {node.attr}")
    return found


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.name)
def test_no_reader_of_the_protocol_takes_the_digits_of_all_scripts(path: Path) -> None:
    assert not wide_digits(path)


@given(foreign_digits)
def test_a_server_takes_no_foreign_digit(digit: str) -> None:
    chunk = in_mail()
    assert chunk.codes(f"BDAT {digit} LAST\r\n".encode()) == [521]
    assert chunk.machine.state is ServerState.CLOSED
    assert greeted().codes(f"MAIL FROM:<a@x.test> SIZE={digit}\r\n".encode()) == [501]


@given(foreign_digits)
def test_a_client_takes_no_foreign_digit(digit: str) -> None:
    assert parse_ehlo(Reply(250, ("x.test", f"SIZE {digit}"))).size_limit == 0
    assert Reply(250, (f"2.1.{digit} Ok",)).enhanced_code == ""


@given(foreign_digits)
def test_times_and_rates_take_no_foreign_digit(digit: str) -> None:
    with pytest.raises(InputError):
        seconds_of("wait", f"{digit} s")
    with pytest.raises(InputError):
        rate_of("rate", f"{digit}/s")


@pytest.mark.parametrize("name", ["\u017fize", "NOT\u0131FY"])
def test_a_letter_that_only_looks_so_in_capitals_is_no_keyword(name: str) -> None:
    assert greeted().codes(f"MAIL FROM:<a@x.test> {name}=5\r\n".encode()) == [555]


def test_a_chunk_beyond_all_bounds_is_refused_and_ends_the_session() -> None:
    talk = in_mail()
    assert talk.codes(b"BDAT 99999999999999999999 LAST\r\nQUIT\r\n") == [552]
    assert talk.machine.state is ServerState.CLOSED
    assert not talk.messages
