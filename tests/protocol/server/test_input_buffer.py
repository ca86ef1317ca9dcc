"""Command lines: what ends one, how long it may be, what may stand in it."""

from __future__ import annotations

import pytest

from protocol.server.talk import greeted, login_service
from smtp_nb.protocol.server.states import ServerState


@pytest.mark.parametrize(
    "line",
    [
        b"NOOP a\nb",
        b"NOOP a\rb",
        b"NOOP\r",
        b"NOOP a\0b",
        b"NOOP a\tb",
        b"NOOP \x7f",
        b"NOOP \xff",
        b"NOOP a\nMAIL FROM:<a@x.test>",
    ],
)
def test_controls_and_broken_utf8_in_a_command_are_refused(line):
    talk = greeted()
    assert talk.codes(line + b"\r\nNOOP\r\n") == [500, 250]


def test_a_line_that_ends_in_a_bare_lf_is_refused_at_once_and_swallows_what_follows():
    talk = greeted()
    assert talk.codes(b"NOOP\n") == [500]
    assert talk.codes(b"MAIL FROM:<evil@x.test>\r\n") == []
    assert talk.codes(b"NOOP\r\n") == [250]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"NOOP " + b"x" * 505, 250),
        (b"NOOP " + b"x" * 506, 500),
        (b"MAIL FROM:<a@x.test> ENVID=" + b"x" * 100 + b" AUTH=" + b"y" * 480, 250),
        (b"AUTH PLAIN " + b"A" * 12275, 501),
        (b"AUTH PLAIN " + b"A" * 12276, 500),
    ],
)
def test_lines_have_a_length(line, code):
    assert greeted(service=login_service()).codes(line + b"\r\n")[:1] == [code]


def test_a_line_that_does_not_end_is_refused_once_and_then_ends_the_session():
    talk = greeted()
    codes = []
    for _ in range(20):
        codes += talk.codes(b"x" * 65536)
    assert codes == [500, 421]
    assert talk.machine.state is ServerState.CLOSED


def test_a_long_line_that_ends_after_all_costs_one_reply():
    talk = greeted()
    assert talk.codes(b"x" * 100_000) == [500]
    assert talk.codes(b"x" * 100_000 + b"\r\nNOOP\r\n") == [250]
