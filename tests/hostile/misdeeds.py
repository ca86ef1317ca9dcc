"""What servers do in place of an answer, and what is right wherever they do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hostile.misbehaving_server import Deed
from smtp_nb.drivers.scripted import Step
from smtp_nb.errors import (
    ConnectionClosed,
    DeferredError,
    LinkError,
    MalformedReply,
    RefusedError,
    SMTPError,
    SMTPTimeout,
)

MAX_READ = 1024 * 1024
"""Octets that a client may read of any reply."""

CLOSE, RESET, SILENCE = Step("close"), Step("reset"), Step("silence")
DEAF = Step("deaf")


# -- outcomes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What has to come of it.

    Attributes:
        error: the class that is raised; None: a receipt is given.
        code: the reference's number on the error.
        outcome: of the only recipient, such as `REFUSED 550`; empty: what the stage knows.
        waits: the client waits as long as it may there.
    """

    error: type[SMTPError] | None = None
    code: int = 0
    outcome: str = ""
    waits: bool = False


FINE = Verdict(outcome="ACCEPTED 250")
CLOSED = Verdict(ConnectionClosed, 1120)
BROKEN = Verdict(LinkError, 10054)
TIMED_OUT = Verdict(SMTPTimeout, 201, waits=True)
NO_REPLY = Verdict(MalformedReply, 162)
OUT_OF_PLACE = Verdict(LinkError, 162)
LEAVES = Verdict(ConnectionClosed, 1120, "DEFERRED 421")
LATER = Verdict(DeferredError, 161, "DEFERRED 451")
NEVER = Verdict(RefusedError, 161, "REFUSED 554")


# -- what they do -------------------------------------------------------------------------------


def says(octets: bytes, *steps: Step) -> Deed:
    """These octets in place of the answer."""
    return lambda good: [Step("S", octets), *steps]


def only(*steps: Step) -> Deed:
    """No octet."""
    return lambda good: steps


def half(*steps: Step) -> Deed:
    """The answer breaks off in its first line."""
    return lambda good: [Step("S", good[:7]), *steps]


def split(size: int) -> Deed:
    """The right answer, a few octets at a time."""
    return lambda good: [Step("S", good[at : at + size]) for at in range(0, len(good), size)]


def drip(good: bytes) -> Iterator[Step]:
    """The right answer with a text of 1,000 octets, one every five seconds."""
    line = good[:3] + b" " + b"x" * 1000 + b"\r\n"
    for at in range(len(line)):
        yield Step("S", line[at : at + 1])
        yield Step("wait", number=5)


def endless(head: bytes, piece: bytes) -> Deed:
    """More and more."""

    def deed(good: bytes) -> Iterator[Step]:
        yield Step("S", good[:3] + head)
        while True:
            yield Step("S", piece.replace(b"250", good[:3]) * (16384 // len(piece)))

    return deed


def reworded(change: Callable[[bytes], bytes], *steps: Step) -> Deed:
    """The right answer, in another form."""
    return lambda good: [Step("S", change(good)), *steps]


def _text(text: bytes) -> Callable[[bytes], bytes]:
    """Another text in its last line."""
    return lambda good: good[: good.rstrip().rfind(b"\n") + 1] + last_code(good) + text + b"\r\n"


def last_code(good: bytes) -> bytes:
    return good.rstrip().rpartition(b"\n")[2][:3]


@dataclass(frozen=True)
class Misdeed:
    """One thing that servers do."""

    name: str
    deed: Deed
    verdict: Verdict


M = Misdeed
DEEDS = [
    # The line.
    M("close", only(CLOSE), CLOSED),
    M("reset", only(RESET), BROKEN),
    M("silence", only(SILENCE), TIMED_OUT),
    M("half_close", half(CLOSE), CLOSED),
    M("half_reset", half(RESET), BROKEN),
    M("half_silence", half(SILENCE), TIMED_OUT),
    M("drip", drip, TIMED_OUT),
    # Leaving, and saying no.
    M("421_close", says(b"421 4.3.2 going down\r\n", CLOSE), LEAVES),
    M("421_stays", says(b"421 4.3.2 going down\r\n", SILENCE), LEAVES),
    M("421_lines", says(b"421-4.3.2 going\r\n421 down\r\n", CLOSE), LEAVES),
    M("451", says(b"451 4.3.0 later\r\n"), LATER),
    M("554", says(b"554 5.7.1 no\r\n"), NEVER),
    M("554_close", says(b"554 5.7.1 no\r\n", CLOSE), NEVER),
    # No reply at all.
    M("garbage", says(b"\x80\xff\x00\x01garbage\r\n"), NO_REPLY),
    M("binary", says(bytes(range(256)) * 8), NO_REPLY),
    M("http", says(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"), NO_REPLY),
    M("ssh", says(b"SSH-2.0-OpenSSH_9.2\r\n"), NO_REPLY),
    M("tls_alert", says(b"\x15\x03\x01\x00\x02\x02\x46\r\n"), NO_REPLY),
    M("empty_line", says(b"\r\n"), NO_REPLY),
    M("words", says(b"OK fine\r\n"), NO_REPLY),
    # Codes that are none.
    M("code_000", says(b"000 ok\r\n"), NO_REPLY),
    M("code_199", says(b"199 ok\r\n"), NO_REPLY),
    M("code_600", says(b"600 ok\r\n"), NO_REPLY),
    M("code_two_digits", says(b"25 ok\r\n"), NO_REPLY),
    M("code_four_digits", says(b"2500 ok\r\n"), NO_REPLY),
    M("code_letters", says(b"25O ok\r\n"), NO_REPLY),
    M("code_arabic", says("٢٥٠ ok\r\n".encode()), NO_REPLY),
    M("code_space_first", says(b" 250 ok\r\n"), NO_REPLY),
    M("code_tab", says(b"250\tok\r\n"), NO_REPLY),
    M("code_colon", says(b"250: ok\r\n"), NO_REPLY),
    # Lines that do not fit each other.
    M("mismatch", says(b"250-one\r\n550 two\r\n"), NO_REPLY),
    M("mismatch_last", says(b"550-one\r\n250 two\r\n"), NO_REPLY),
    M("mismatch_middle", says(b"250-one\r\n354-two\r\n250 three\r\n"), NO_REPLY),
    M("half_multi_line", says(b"250-one\r\n", CLOSE), CLOSED),
    M("half_multi_line_silence", says(b"250-one\r\n", SILENCE), TIMED_OUT),
    # Line ends.
    M("bare_lf", reworded(lambda good: good.replace(b"\r\n", b"\n")), NO_REPLY),
    M("bare_lf_inside", reworded(_text(b" a\n250 b")), NO_REPLY),
    M("bare_cr", reworded(lambda good: good.replace(b"\r\n", b"\r")), TIMED_OUT),
    M("bare_cr_inside", reworded(_text(b" a\r250 b")), NO_REPLY),
    M("nul", reworded(_text(b" a\0b")), NO_REPLY),
    # Too much.
    M("endless_line", endless(b" ", b"x"), NO_REPLY),
    M("endless_reply", endless(b"-x\r\n", b"250-x\r\n"), NO_REPLY),
    M("endless_long_lines", endless(b"-x\r\n", b"250-" + b"x" * 1000 + b"\r\n"), NO_REPLY),
    M("endless_nothing", endless(b"", b"\0"), NO_REPLY),
    # Odd, and yet a reply: the message is delivered.
    M("octet_by_octet", split(1), FINE),
    M("three_octets", split(3), FINE),
    M("no_text", reworded(_text(b"")), FINE),
    M("space_only", reworded(_text(b" ")), FINE),
    M("controls", reworded(_text(b" \x1b[2J\x07\x08 \x9b31m ok")), FINE),
    M("markup", reworded(_text(b" <script>alert(1)</script><img src=x onerror=alert(1)>")), FINE),
    M("not_utf8", reworded(_text(b" gr\xfc\xdfe \xff\xfe")), FINE),
    M("bidi", reworded(_text(" \u202eko\u2069 \u2028 \u0085".encode())), FINE),
    M("long_line", reworded(_text(b" " + b"x" * 2000)), FINE),
    M("999_lines", reworded(lambda good: (last_code(good) + b"-x\r\n") * 998 + good[-200:]), FINE),
]  # fmt: skip
