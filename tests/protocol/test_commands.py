"""Every command passes one guard: one line, one argument where the grammar has one, no secrets."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InjectionError, InputError
from smtp_nb.model.address import CONTROLS, Mailbox
from smtp_nb.model.secret import encodings
from smtp_nb.protocol import commands
from smtp_nb.protocol.commands import MAX_COMMAND

BOX = Mailbox("user", "example.test")
CONTROL_CHARACTERS = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    "\u2028",
    "\u2029",
    "\ud800",
    "\udcff",
]


# -- what goes on the wire --------------------------------------------------------------------

LINES = [
    (commands.ehlo("client.test"), b"EHLO client.test\r\n"),
    (commands.ehlo("[127.0.0.1]"), b"EHLO [127.0.0.1]\r\n"),
    (commands.helo("client.test"), b"HELO client.test\r\n"),
    (commands.mail(BOX), b"MAIL FROM:<user@example.test>\r\n"),
    (commands.mail(None), b"MAIL FROM:<>\r\n"),
    (commands.mail(BOX, "SIZE=5", "", "X=Y"), b"MAIL FROM:<user@example.test> SIZE=5 X=Y\r\n"),
    (commands.mail(BOX, verb="SOML"), b"SOML FROM:<user@example.test>\r\n"),
    (commands.rcpt(BOX), b"RCPT TO:<user@example.test>\r\n"),
    (commands.rcpt(BOX, "NOTIFY=NEVER"), b"RCPT TO:<user@example.test> NOTIFY=NEVER\r\n"),
    (commands.bdat(5, last=False), b"BDAT 5\r\n"),
    (commands.bdat(0, last=True), b"BDAT 0 LAST\r\n"),
    (commands.auth("LOGIN", None), b"AUTH LOGIN\r\n"),
    (commands.auth("PLAIN", b"\0a\0b"), b"AUTH PLAIN AGEAYg==\r\n"),
    (commands.auth("EXTERNAL", b""), b"AUTH EXTERNAL =\r\n"),
    (commands.auth_answer(b"user"), b"dXNlcg==\r\n"),
    (commands.AUTH_CANCEL, b"*\r\n"),
    (commands.command("NOOP"), b"NOOP\r\n"),
    (commands.command("EXPN", "list", "more"), b"EXPN list more\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("built", "line"), LINES, ids=[line.decode().strip() for _, line in LINES])
def test_a_command_is_one_line_with_its_end(built, line):
    assert built.line == line


def test_display_names_stay_out_of_the_envelope():
    named = Mailbox("user", "example.test", "A. User")
    assert commands.rcpt(named).line == b"RCPT TO:<user@example.test>\r\n"


def test_only_the_last_chunk_is_the_last():
    assert commands.bdat(9, last=True).is_last_chunk
    assert not commands.bdat(9, last=False).is_last_chunk
    assert not commands.command("VRFY", "John LAST").is_last_chunk


# -- the guard --------------------------------------------------------------------------------


@pytest.mark.parametrize("control", CONTROL_CHARACTERS, ids=ascii)
def test_no_control_character_passes(control):
    with pytest.raises(InjectionError):
        commands.command("VRFY", f"a{control}b")


@pytest.mark.parametrize("evil", ["x\r\nRCPT TO:<evil@x.test>", "x\nQUIT", "x\rQUIT", "x\0y"])
def test_no_argument_becomes_a_second_command(evil):
    hostile = Mailbox(evil, "example.test")
    for build in (
        lambda: commands.ehlo(evil),
        lambda: commands.helo(evil),
        lambda: commands.mail(hostile),
        lambda: commands.mail(BOX, evil),
        lambda: commands.rcpt(hostile),
        lambda: commands.rcpt(BOX, evil),
        lambda: commands.command("EXPN", evil),
        lambda: commands.auth(evil, None),
        lambda: commands.auth(evil, b"x"),
    ):
        with pytest.raises(InjectionError):
            build()


@pytest.mark.parametrize("name", ["me XCLIENT ADDR=1.2.3.4", " ", "me ", " me", ""])
@pytest.mark.parametrize("greeting", [commands.ehlo, commands.helo])
def test_our_name_is_one_word(greeting, name):
    with pytest.raises(InjectionError):
        greeting(name)


def test_beyond_ascii_needs_smtputf8():
    box = Mailbox("jörg", "example.test")
    with pytest.raises(InputError, match="SMTPUTF8"):
        commands.rcpt(box)
    assert commands.rcpt(box, utf8=True).line == "RCPT TO:<jörg@example.test>\r\n".encode()


@pytest.mark.parametrize("letter", ["\u760d", "\u760a", "\u010d", "\u010a", "\u560a"])
def test_no_letter_turns_into_a_line_break_when_encoded(letter):
    """CVE-2025-7962: Java cut U+760D down to its low octet, a carriage return."""
    line = commands.rcpt(Mailbox(f"a{letter}b", "example.test"), utf8=True).line
    assert line.count(b"\r") == line.count(b"\n") == 1
    assert f"a{letter}b".encode() in line


def test_a_command_of_the_greatest_length_is_taken():
    text = "x" * (MAX_COMMAND - len("NOOP \r\n"))
    assert len(commands.command("NOOP", text).line) == MAX_COMMAND


def test_a_longer_command_is_refused():
    with pytest.raises(InputError, match="longer"):
        commands.command("NOOP", "x" * (MAX_COMMAND - len("NOOP \r\n") + 1))


@given(st.lists(st.text(max_size=20), max_size=3), st.booleans())
def test_what_passes_is_one_line_and_says_what_was_given(arguments, utf8):
    try:
        built = commands.command("XTEXT", *arguments, utf8=utf8)
    except InputError:
        return
    text = " ".join(("XTEXT", *filter(None, arguments)))
    assert built.line == text.encode() + b"\r\n"
    assert built.line.splitlines() == [text.encode()]
    assert not CONTROLS.search(text)
    assert utf8 or text.isascii()


# -- secrets ----------------------------------------------------------------------------------

SECRET = "correct horse battery staple"
SECRETIVE = [
    commands.auth("PLAIN", f"\0alice\0{SECRET}".encode()),
    commands.auth("XOAUTH2", SECRET.encode()),
    commands.auth_answer(SECRET.encode()),
    commands.auth_answer(f"alice {SECRET}".encode()),
]


@pytest.mark.parametrize("built", SECRETIVE, ids=lambda built: built.verb)
def test_a_login_never_shows_what_it_says(built):
    sent = built.line.split()[-1].decode()
    assert base64.b64decode(sent)  # it is there, to be sent
    for shown in (built.shown, repr(built), str(built), f"{[built]!r}"):
        assert sent not in shown
        assert not any(spelling in shown for spelling in encodings(SECRET))


def test_a_masked_login_still_tells_its_mechanism():
    assert commands.auth("PLAIN", b"x").shown == "AUTH PLAIN <hidden>"
    assert commands.auth("LOGIN", None).shown == "AUTH LOGIN"
    assert commands.AUTH_CANCEL.shown == "*"
