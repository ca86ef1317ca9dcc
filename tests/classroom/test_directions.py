"""The text of a conversation by hand."""

from __future__ import annotations

import pytest

from smtp_nb.classroom.directions import Await, Say, Secure, directions
from smtp_nb.errors import InputError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", []),
        ("\n", []),
        ("\r\n", [Say(b"\r\n")]),
        ("EHLO me", [Say(b"EHLO me\r\n")]),
        ("\n    EHLO me\n    QUIT\n", [Say(b"EHLO me\r\n"), Say(b"QUIT\r\n")]),
        ("a\n\nb", [Say(b"a\r\n"), Say(b"\r\n"), Say(b"b\r\n")]),
        ("a\r\nb\r\n", [Say(b"a\r\n"), Say(b"b\r\n")]),
        ("<raw 2e0a>", [Say(b".\n", waits=False)]),
        ("  <RAW 2e 0A>", [Say(b".\n", waits=False)]),
        ("<wait>\n<TLS>", [Await(), Secure()]),
        ("<nowait>\na\nb\n<wait>\nc",
         [Say(b"a\r\n", False), Say(b"b\r\n", False), Await(), Say(b"c\r\n")]),
        ("<p>Hello</p>", [Say(b"<p>Hello</p>\r\n")]),
        ("Zoë", [Say("Zoë\r\n".encode())]),
    ],
)  # fmt: skip
def test_a_line_is_sent_with_its_end(text, said):
    assert directions(text) == said


@pytest.mark.parametrize("text", ["<raw >", "<raw 2>", "<raw zz>", "<raw 2e0>", "<raw ٢٠>"])
def test_what_is_not_hexadecimal_is_refused_with_its_line(text):
    with pytest.raises(InputError, match="line 2: what stands after <raw is not hexadecimal"):
        directions(f"NOOP\n{text}")
