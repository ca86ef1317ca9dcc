"""Lesson 2: lines, dots and bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from smtp_nb.classroom.exercises.exercise import Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.classroom.terminal import Terminal
from smtp_nb.errors import SMTPError
from smtp_nb.sandbox.server import SandboxServer

NO_FUNCTION = "no function was given"


class DribbledSocket:
    """What a program reads from: each `recv` returns the next piece, however the line cut it."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = list(pieces)

    def recv(self, size: int) -> bytes:
        """The next bytes, at most `size`.

        Raises:
            TimeoutError: nothing more comes; a real program would wait here.
        """
        if not self._pieces:
            raise TimeoutError("the server has said everything, and you still wait for more")
        piece = self._pieces.pop(0)
        if len(piece) > size:
            self._pieces.insert(0, piece[size:])
        return piece[:size]


def pieces_of(data: bytes, size: int) -> list[bytes]:
    """The bytes cut into pieces of one size."""
    return [data[start : start + size] for start in range(0, len(data), size)]


class Dribble(NamedTuple):
    """A reply, cut into pieces."""

    criterion: str
    pieces: list[bytes]

    @property
    def lines(self) -> list[str]:
        """What it says."""
        return b"".join(self.pieces).decode().removesuffix("\r\n").split("\r\n")


ONE, MANY = "a reply of one line", "a reply of many lines"
SLOW, TRAPS = "a reply in pieces", "hyphens and numbers in the text"


def dribbles(word: str) -> list[Dribble]:
    """Twelve replies, each with the student's word."""
    name = word.encode()
    short = b"250 hello " + name + b"\r\n"
    many = b"250-hello " + name + b"\r\n250-SIZE 1000\r\n250 HELP\r\n"
    hyphens = b"220 a well-known server-" + name + b"\r\n"
    numbers = b"250-and now 250 times\r\n250-250 of " + name + b"\r\n250 done\r\n"
    return [
        Dribble(ONE, [short]),
        Dribble(ONE, [b"354 go on, " + name + b"\r\n"]),
        Dribble(MANY, [many]),
        Dribble(MANY, [many.replace(b"250", b"421")]),
        Dribble(MANY, [many.replace(b"SIZE 1000", b"")]),
        Dribble(SLOW, pieces_of(short, 1)),
        Dribble(SLOW, [short[:-1], short[-1:]]),
        Dribble(SLOW, pieces_of(many, 3)),
        Dribble(SLOW, [many[: many.index(b"250-SIZE")], many[many.index(b"250-SIZE") :]]),
        Dribble(TRAPS, [hyphens]),
        Dribble(TRAPS, pieces_of(numbers, 7)),
        Dribble(TRAPS, [numbers[: numbers.index(b"250 done")], b"250 done\r\n"]),
    ]


@exercise(
    "2.1",
    "write read_reply(sock), which reads one whole reply",
    5,
    takes="read_reply",
    is_signed=True,
    hints=(
        "recv returns what has arrived: half a line, or three; collect until a line is whole",
        "the reply goes on after a line whose fourth character is a hyphen",
        "look at the fourth character only: the text may hold hyphens and numbers of its own",
    ),
)
def read_reply(seen: Seen, answer: Callable[..., object] | None) -> Iterator[Criterion]:
    """The function, given twelve sockets."""
    found = dribbles(seen.nonce)
    for name in (ONE, MANY, SLOW, TRAPS):
        instead = NO_FUNCTION
        if callable(answer):
            instead = next(
                filter(None, (_misread(answer, one) for one in found if one.criterion == name)), ""
            )
        yield Criterion(name, 1, not instead, instead)


def _misread(answer: Callable[..., object], dribble: Dribble) -> str:
    """What is wrong with the function's result; empty if nothing."""
    shown = ", ".join(map(repr, dribble.pieces[:3])) + (", …" if len(dribble.pieces) > 3 else "")
    try:
        result = answer(DribbledSocket(dribble.pieces))
    except Exception as error:
        return f"{type(error).__name__} for the pieces {shown}: {error}"
    if result == dribble.lines:
        return ""
    return f"the pieces {shown} became {str(result)[:80]}"


PLAIN, DOTS = "text without dots arrives as it was", "a line that begins with a dot arrives"
EVERY, ELSEWHERE = "every such line, not only the first", "other dots stay as they are"
END = "not a byte too many at the end"


def bodies(word: str) -> Mapping[str, list[bytes]]:
    """What has to arrive, by criterion."""
    name = word.encode()
    return {
        PLAIN: [b"Subject: " + name + b"\r\n\r\nHello\r\n"],
        DOTS: [b".\r\n", b"..\r\n", b"." + name + b"\r\nhello\r\n", name + b"\r\n.\r\n"],
        EVERY: [b".a\r\n.b\r\n" + name + b"\r\n.c\r\n", b"\r\n.\r\n.\r\n"],
        ELSEWHERE: [b"a.b..c " + name + b".\r\nwww.class.test\r\n"],
        END: [name, name + b"\r\n", name + b"\r\n\r\n"],
    }


@exercise(
    "2.2",
    "write stuff(body), which makes a text fit for DATA",
    6,
    takes="stuff",
    is_signed=True,
    hints=(
        "the server takes a lone dot for the end, so a dot at the beginning of a line needs a mark",
        "a second dot before it, on every line that begins with one, and nowhere else",
        "the last line needs its CRLF, but no second one; then comes the dot",
    ),
)
def stuff(seen: Seen, answer: Callable[..., object] | None) -> Iterator[Criterion]:
    """The function, tried on a server: what arrives has to be what was meant."""
    for name, tried in bodies(seen.nonce).items():
        instead = NO_FUNCTION
        if callable(answer):
            instead = next(filter(None, (_changed(answer, body) for body in tried)), "")
        yield Criterion(name, 1, not instead, instead)


def _changed(answer: Callable[..., object], body: bytes) -> str:
    """What became of a body; empty if it arrived as it was."""
    try:
        octets = answer(body)
    except Exception as error:
        return f"{type(error).__name__} for {body!r}: {error}"
    if not isinstance(octets, bytes):
        return f"{body!r} became a {type(octets).__name__}, not bytes"
    meant = body if body.endswith(b"\r\n") else body + b"\r\n"
    content, waiting = _sent(octets)
    if content is None:
        return f"{body!r}: the server waits for {waiting}"
    return "" if content == meant else f"{body!r} arrived as {content!r}"


def _sent(octets: bytes) -> tuple[bytes | None, str]:
    """What a server makes of content: what arrived, or what it waits for."""
    with SandboxServer(inline=True) as server, Terminal(server) as terminal:
        terminal.dialogue("HELO me.test\nMAIL FROM:<a@class.test>\nRCPT TO:<b@class.test>\nDATA")
        try:
            terminal.send(octets)
            terminal.read()
        except SMTPError:
            pass  # what it waits for says why
        first = next(iter(server.messages), None)
        return None if first is None else first.content, terminal.waiting


def recorded(word: str) -> bytes:
    """A message that a careless program has sent: one line lacks its carriage return."""
    name = word.encode()
    text = [b"Dear Ben,", b"", b"we meet at the " + name + b".", b"Bring your bicycle.", b"Ann"]
    lines = [b"From: ann@class.test", b"Subject: " + name, b"To: ben@class.test", b"", *text]
    careless = 2 + sum(name) % (len(lines) - 3)  # before the last: the end must be found
    ends = [b"\n" if number == careless else b"\r\n" for number in range(len(lines))]
    return b"".join(line + end for line, end in zip(lines, ends, strict=True))


def position_of_bare(data: bytes) -> int:
    """Where the first line feed without its carriage return stands, counted from 0."""
    return next(
        place
        for place, octet in enumerate(data)
        if octet == 0x0A and data[max(0, place - 1) : place] != b"\r"
    )


@exercise(
    "2.3",
    "find the line feed that came without its carriage return",
    2,
    takes="position",
    hints=(
        'lesson.material["recorded"] holds the bytes; count from 0',
        "a program finds it: which byte is 10, while the one before is not 13?",
    ),
)
def bare(seen: Seen, answer: object) -> Iterator[Criterion]:
    """The place of one byte in the lesson's recording."""
    wanted = position_of_bare(recorded(seen.nonce))
    if answer is None:
        instead = "no position was given"
    elif isinstance(answer, int) and 0 <= answer < len(recorded(seen.nonce)):
        instead = f"byte {answer} is {recorded(seen.nonce)[answer : answer + 1]!r}"
    else:
        instead = "the position is a number, from 0 to the last byte of the recording"
    yield Criterion("the position of the bare line feed", 2, answer == wanted, instead)


PLAN = LessonPlan(
    2,
    "Lines, dots and bytes",
    "You know what a line is to a computer, and how a text with dots in it arrives unharmed.",
    30,
    (read_reply, stuff, bare),
    {"latency": "20ms"},
    material=lambda word, _: {"recorded": recorded(word)},
)
