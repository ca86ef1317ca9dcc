"""Where reports are read from: folders, mailbox files, Maildirs, messages in memory.

Of each message only the beginning is read: what a report says comes before the message that it
returns, however long that is. A file that cannot be read is named, and the others are read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from email.message import Message as EmailMessage
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from smtp_nb.errors import InputError
from smtp_nb.model.regular import open_regular
from smtp_nb.sandbox.messages.mailbox import Message

MAX_MESSAGE = 1024 * 1024
"""Bytes of one message that are read."""
_LINE = 64 * 1024
# RFC 4155 appendix A; its time tells it from a sentence that begins so.
_FROM = re.compile(rb"From [^\n]{0,300} \d\d:\d\d")
_SUFFIXES = (".eml", ".mbox", ".mbx")

One = str | os.PathLike[str] | bytes | EmailMessage | Message
Reports = One | Iterable[One]


class MessageRead(NamedTuple):
    """A message, or why it could not be read; and where it is."""

    source: str
    content: bytes
    trouble: str = ""


def messages_in(source: Reports) -> Iterator[MessageRead]:
    """The messages of a source, one by one.

    Args:
        source: a path (a folder of .eml files, a Maildir, a mailbox file, one message), bytes, an
            `EmailMessage`, a message of the sandbox; or several of these.

    Raises:
        InputError: it is something else, or there is no such path; before anything is read.
    """
    several = [source] if isinstance(source, _KINDS) or not isinstance(source, Iterable) else source
    given: list[object] = list(several)
    for one in given:
        _check(one)
    return (found for number, one in enumerate(given) for found in _messages(one, number))


_KINDS = (str, os.PathLike, bytes, bytearray, EmailMessage, Message)


def _check(one: object) -> None:
    if not isinstance(one, _KINDS):
        raise InputError(
            f"bounces() cannot read a {type(one).__name__}",
            remedy="Give a folder, a mailbox file, a Maildir, bytes or messages",
        )
    if isinstance(one, str | os.PathLike) and not os.path.exists(one):
        raise InputError(
            f"{os.fspath(one)!r} does not exist", remedy="Give the path of the reports"
        )


def _messages(one: object, number: int) -> Iterator[MessageRead]:
    name = f"message {number}"
    if isinstance(one, Message):
        yield MessageRead(name, one.content[:MAX_MESSAGE])
    elif isinstance(one, bytes | bytearray):
        yield from _split(name, BytesIO(one))
    elif isinstance(one, EmailMessage):
        yield _of_email(name, one)
    else:
        path = Path(str(one))
        try:
            files = _files(path) if path.is_dir() else [path]
        except OSError as error:
            files = []
            yield _unread(path, error)
        for file in files:
            yield from _of_file(file)


def _of_email(name: str, message: EmailMessage) -> MessageRead:
    try:
        return MessageRead(name, message.as_bytes()[:MAX_MESSAGE])
    except Exception as error:  # the email package raises what it likes for what it cannot write
        return MessageRead(name, b"", f"it cannot be written as bytes: {error}")


def _files(folder: Path) -> list[Path]:
    """The files of a Maildir, or the messages and mailbox files of a folder."""
    if (folder / "cur").is_dir() and (folder / "new").is_dir():
        return [file for name in ("new", "cur") for file in sorted((folder / name).iterdir())]
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES)


def _of_file(path: Path) -> Iterator[MessageRead]:
    try:
        with open_regular(path) as file:
            yield from _split(str(path), file)
    except OSError as error:
        yield _unread(path, error)


def _unread(path: Path, error: OSError) -> MessageRead:
    return MessageRead(str(path), b"", f"it cannot be read: {error.strerror or error}")


def _split(name: str, file: BinaryIO) -> Iterator[MessageRead]:
    """The messages of a file: one, or those of a mailbox file (RFC 4155)."""
    line = file.readline(_LINE)
    if not _FROM.match(line):
        yield MessageRead(name, line + file.read(MAX_MESSAGE - len(line)))
        return
    kept, number = bytearray(), 0
    is_begin = is_after_blank = True
    while line:
        if kept and is_begin and is_after_blank and _FROM.match(line):
            yield MessageRead(f"{name}#{number}", bytes(kept))
            kept, number = bytearray(), number + 1
        kept += line[: MAX_MESSAGE - len(kept)]
        is_after_blank = is_begin and not line.strip()
        is_begin = line.endswith(b"\n")
        line = file.readline(_LINE)
    yield MessageRead(f"{name}#{number}", bytes(kept))
