"""Lesson 4: anatomy of a message."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import shake_256

from smtp_nb.classroom.exercises.exercise import Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.plan import LessonPlan

FILE_SIZE = 3000
LONGEST, LONGEST_BASE64 = 998, 76
"""Characters of a line, without its end (RFC 5322 section 2.1.1, RFC 2045 section 6.8)."""
ONCE = ("MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Subject", "From", "To")


def file_of(word: str) -> bytes:
    """The file to attach: any bytes at all."""
    return shake_256(word.encode()).digest(FILE_SIZE)


def broken_of(word: str) -> dict[str, bytes]:
    """Five messages, each with one fault."""
    head = f"From: ann@class.test\r\nTo: ben@class.test\r\nSubject: {word}\r\nMIME-Version: 1.0\r\n"
    two = (
        'Content-Type: multipart/mixed; boundary="cut"\r\n\r\n'
        f"--cut\r\nContent-Type: text/plain\r\n\r\nHello {word}\r\n"
        f"--cut\r\nContent-Type: text/csv\r\n\r\na;b\r\n--cut--\r\n"
    )
    plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
    base64 = b64encode(f"Hello Zoë, {word}\r\n".encode()).decode()
    texts = {
        "no end": head + two.removesuffix("--cut--\r\n"),
        "other boundary": head + two.replace('"cut"', '"knife"'),
        "raw name": head.replace("t: ", "t: Zoë ") + f"{plain}7bit\r\n\r\nHello {word}\r\n",
        "wrong encoding": head + f"{plain}quoted-printable\r\n\r\n{base64}\r\n",
        "twice": head + f"Content-Type: text/html\r\n{plain}7bit\r\n\r\nHello {word}\r\n",
    }
    return {name: text.encode() for name, text in texts.items()}


MEANT = {
    "no end": ("{word}", ("Hello {word}", "a;b")),
    "other boundary": ("{word}", ("Hello {word}", "a;b")),
    "raw name": ("Zoë {word}", ("Hello {word}",)),
    "wrong encoding": ("{word}", ("Hello Zoë, {word}",)),
    "twice": ("{word}", ("Hello {word}",)),
}
"""What each of them was meant to say: its subject, and the texts of its parts."""


def octets_of(source: object) -> bytes | None:
    """A message as typed, with the line ends that a mail program would write."""
    if isinstance(source, str):
        source = source.lstrip("\n").encode("utf-8", "surrogateescape")
    if not isinstance(source, bytes):
        return None
    return re.sub(rb"\r?\n", b"\r\n", source)


def fault_of(octets: bytes) -> str:
    """The first thing that is wrong with the form of a message; empty if nothing."""
    for number, line in enumerate(octets.split(b"\r\n"), 1):
        if len(line) > LONGEST:
            return f"line {number} has {len(line)} characters"
        if not line.isascii():
            return f"line {number} has a letter that is not ASCII"
    message = read(octets)
    for part in message.walk():
        if part.defects:
            return _words(type(part.defects[0]).__name__)
        twice = [name for name in ONCE if len(part.get_all(name, [])) > 1]
        if twice:
            return f"{twice[0]} stands there twice"
        if part["Content-Length"] is not None:
            return "Content-Length is not a field of mail"
        if fault := _undecodable(part):
            return fault
    return "" if message["MIME-Version"] == "1.0" else "MIME-Version: 1.0 is missing"


def _undecodable(part: EmailMessage) -> str:
    if part.is_multipart() or str(part["Content-Transfer-Encoding"]).lower() != "base64":
        return ""
    lines = str(part.get_payload()).split("\r\n")
    if max(map(len, lines), default=0) > LONGEST_BASE64:
        return f"a line of base64 has more than {LONGEST_BASE64} characters"
    try:
        b64decode("".join(lines), validate=True)
    except ValueError:
        return "a part that says base64 is not base64"
    return ""


def _words(name: str) -> str:
    """CloseBoundaryNotFoundDefect -> close boundary not found."""
    return re.sub(r"(?<!^)([A-Z])", r" \1", name.removesuffix("Defect")).lower()


def read(octets: bytes) -> EmailMessage:
    """The message as a mail program reads it."""
    return message_from_bytes(octets, policy=policy.SMTP)


def texts_of(message: EmailMessage) -> list[str]:
    """The texts of its parts, without their last line ends."""
    leaves = [part for part in message.walk() if not part.is_multipart()]
    found = [part.get_content() for part in leaves]
    return [one.rstrip("\r\n") if isinstance(one, str) else str(one) for one in found]


@exercise(
    "4.1",
    "write a message with a text and a file by hand",
    6,
    takes="source",
    hints=(
        "header, empty line, then each part between two lines of dashes and the boundary",
        'lesson.material["in base64"] is the file, ready to be pasted, in lines of 76 characters',
        "=?utf-8?q?Zo=C3=AB?= is how a name with an ë stands in a header",
        "the last boundary ends with two dashes more",
    ),
)
def write(seen: Seen, source: object) -> Iterator[Criterion]:
    """A multipart message, typed."""
    octets = octets_of(source)
    if octets is None or not octets.strip():
        yield Criterion("a message", 6, False, "the source is empty")
        return
    fault = fault_of(octets)
    yield Criterion("its form has no fault", 2, not fault, fault)
    message = read(octets)
    wanted, subject = f"Zoë {seen.nonce}", str(message["Subject"] or "")
    instead = f"the subject reads {subject!r}"
    yield Criterion("the subject reads Zoë and your word", 1, subject == wanted, instead)
    kinds = [part.get_content_type() for part in message.walk()]
    is_mixed = kinds[:2] == ["multipart/mixed", "text/plain"] and len(kinds) == 3
    found = ", ".join(kinds)
    yield Criterion("multipart/mixed: a text and a file", 1, is_mixed, f"the parts are {found}")
    leaves = [part for part in message.walk() if not part.is_multipart()]
    files = [part.get_payload(decode=True) for part in leaves[1:]]
    sizes = ", ".join(str(len(one)) for one in files if isinstance(one, bytes))
    instead = f"the attached file has {sizes} bytes" if files else "no second part"
    yield Criterion("the file arrives byte by byte", 2, file_of(seen.nonce) in files, instead)


@exercise(
    "4.2",
    "repair five broken messages",
    5,
    takes="repaired",
    hints=(
        "compare with the message that you wrote for 4.1, line by line",
        "each has one fault; the names of the messages say where to look",
        "do not write them anew: repair only what is broken",
    ),
)
def repair(seen: Seen, repaired: object) -> Iterator[Criterion]:
    """Five messages whose form is right, and which still say what they were meant to say."""
    given: Mapping[str, object] = repaired if isinstance(repaired, dict) else {}
    broken = broken_of(seen.nonce)
    for name, (subject, texts) in MEANT.items():
        octets = octets_of(given.get(name))
        if octets is None or octets == broken[name]:
            instead = "not repaired yet"
        else:
            word = seen.nonce
            meant = subject.format(word=word), [text.format(word=word) for text in texts]
            instead = fault_of(octets) or _misses(octets, *meant)
        yield Criterion(name, 1, not instead, instead)


def _misses(octets: bytes, subject: str, texts: list[str]) -> str:
    message = read(octets)
    if str(message["Subject"]) != subject:
        return f"the subject reads {str(message['Subject'])!r}"
    found = texts_of(message)
    return "" if found == texts else f"the parts read {found}"


def material(word: str, _: object) -> dict[str, object]:
    """What the student works with."""
    text = b64encode(file_of(word)).decode()
    lines = [text[start : start + LONGEST_BASE64] for start in range(0, len(text), LONGEST_BASE64)]
    broken = {name: octets.decode() for name, octets in broken_of(word).items()}
    return {"file": file_of(word), "in base64": "\n".join(lines), "broken": broken}


PLAN = LessonPlan(
    4,
    "Anatomy of a message",
    "You can read the source of any mail, and know how a file and an ë fit into plain lines.",
    35,
    (write, repair),
    {"latency": "20ms"},
    material=material,
)
