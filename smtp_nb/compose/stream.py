"""Streams: a whole message read from a file, a pipe or any iterable while it is sent.

Its content is unknown until it has been read, so the header is read first, before any connection:
the names of blind copies are removed from it, and it says whether 8-bit bytes follow. The rest is
checked piece by piece on its way out. An error is found before the piece leaves, and then the
connection is dropped, so that nothing is delivered.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

from smtp_nb.compose.content import CHUNK
from smtp_nb.compose.raw import (
    find_wrong,
    head_size,
    message_id_in,
    says_binary,
    without_blind_copies,
    wrong_octet,
)
from smtp_nb.errors import InputError, StateError

# A larger header is refused; nothing else of the stream is held in memory.
MAX_HEAD = 1024 * 1024
_EIGHT_BIT = re.compile(
    rb"^content-transfer-encoding[ \t]*:[ \t]*8bit[ \t]*\r\n", re.IGNORECASE | re.MULTILINE
)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
Source = BinaryIO | Iterable[bytes]


class StreamContent:
    """A message in a stream (a `Content`), read from the stream's position to its end.

    Args:
        source: a file opened for reading bytes, or any iterable of bytes.
        allows_8bit: non-ASCII bytes may occur, whatever the header says.

    Attributes:
        was_read: True once its bytes have been asked for.
    """

    def __init__(self, source: Source, *, allows_8bit: bool = False) -> None:
        self.source = source
        self._allows_8bit = allows_8bit
        self.was_read = False
        self._pieces: Iterator[bytes] | None = None
        self._start: int | None = None
        self._size = -1
        self._shown = b""
        self._is_binary = False
        self._turn = threading.Lock()
        self._is_unwanted = False

    # -- what is known before it is sent --------------------------------------------------------

    def open(self) -> None:
        """Read the header, unless that was done already.

        Raises:
            InputError: it is not a header, or the stream is at its end.
        """
        if self._pieces is None:
            with self._reading():
                self._open()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Guard a read that may take long, and goes on when its call was interrupted."""
        if not self._turn.acquire(blocking=False):
            raise StateError(
                "an interrupted call is still waiting for bytes of this stream",
                remedy="Call set_message_stream() with another one",
            )
        try:
            yield
        finally:
            self._turn.release()
            if self._is_unwanted:
                self.close()

    def _open(self) -> None:
        self._start, self._size = _measure(self.source)
        pieces = _octets(self.source)
        begun = _read_head(pieces)
        if not begun:
            raise InputError(
                "the stream of the message is at its end",
                remedy="Call set_message_stream() again, at the beginning of a message",
            )
        head = begun[: head_size(begun)]
        self._is_binary = says_binary(head)
        self._shown = without_blind_copies(head)
        body: Iterator[bytes] = chain((begun[len(head) :],), pieces)
        lines = body if self._is_binary else self._lines(body, len(head))
        # What arrived with the header is checked with it, before any connection.
        self._pieces = chain((next(lines, b""),), lines)
        self._measure_end(len(head) - len(self._shown))

    def _measure_end(self, hidden: int) -> None:
        """The size is that of what will be sent: without blind copies, the last line ended."""
        if self._size >= 0:
            is_ended = self._is_binary or _ends_a_line(self.source)
            self._size += (0 if is_ended else 2) - hidden

    @property
    def size(self) -> int:
        """Size of the whole in bytes; -1 if unknown, because it is not a file."""
        return self._size

    @property
    def bare(self) -> str:
        """Says that the header announces binary content; empty if it does not."""
        return "binary content, as its header says" if self._is_binary else ""

    @property
    def is_8bit(self) -> bool:
        """True if 8-bit bytes may occur: the header must say so (RFC 2045 section 6.4)."""
        return self._allows_8bit or _EIGHT_BIT.search(self._shown) is not None

    @property
    def needs_smtputf8(self) -> bool:
        """True if the header is raw UTF-8."""
        return not self._shown.isascii()

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets; empty if there is none."""
        return message_id_in(self._shown)

    # -- while it is sent -----------------------------------------------------------------------

    def chunks(self) -> Iterator[bytes]:
        """Return the bytes. Only a file can be read again, for a second transaction.

        Raises:
            InputError: a bare CR or LF, a NUL, or a non-ASCII byte that the header did not
                announce; the text says where.
        """
        if self.was_read:
            self._rewind()
        self.open()
        self.was_read = True
        yield self._shown
        pieces = self._pieces or iter(())
        while (piece := self._next(pieces)) is not None:
            yield piece

    def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        with self._reading():
            return next(pieces, None)

    def _lines(self, pieces: Iterable[bytes], offset: int) -> Iterator[bytes]:
        """Return a body of lines, checked, the last one ended."""
        last = b"\r\n"
        for piece in _checked(pieces, offset):
            self._check_7bit(piece, offset)
            offset += len(piece)
            last = piece or last
            yield piece
        if not last.endswith(b"\r\n"):
            yield b"\r\n"

    def _rewind(self) -> None:
        if self._start is None or not isinstance(self.source, io.IOBase):
            raise InputError(
                "the server wants the message in several transactions, but a stream that is not"
                " a file can be read only once",
                remedy="Send it to fewer recipients at a time, or from a file",
            )
        self.source.seek(self._start)
        self._pieces = None

    def _check_7bit(self, piece: bytes, offset: int) -> None:
        if piece.isascii() or self.is_8bit:
            return
        found = _BEYOND_ASCII.search(piece)
        at = offset + (found.start() if found else 0)
        raise InputError(
            f"the stream holds a non-ASCII byte at offset {at}, which its header does not announce",
            remedy="Add Content-Transfer-Encoding: 8bit to the header, or encode in base64",
        )

    def close(self) -> None:
        """Close the stream, if possible; a pending read ends first."""
        self._is_unwanted = True
        if self._turn.acquire(blocking=False):
            self._is_unwanted = False
            try:
                getattr(self.source, "close", lambda: None)()
            finally:
                self._turn.release()


def _measure(source: Source) -> tuple[int | None, int]:
    """Return a file's position, and how many bytes follow; None and -1 for what is not a file."""
    if not isinstance(source, io.IOBase) or not source.seekable():
        return None, -1
    start = source.tell()
    end = source.seek(0, io.SEEK_END)
    source.seek(start)
    return start, end - start


def _ends_a_line(source: Source) -> bool:
    """True if the last two bytes of a file are a line end."""
    assert isinstance(source, io.IOBase)
    here = source.tell()
    end = source.seek(0, io.SEEK_END)
    source.seek(max(0, end - 2))
    tail = bytes(source.read())
    source.seek(here)
    return tail == b"\r\n"


def _octets(source: Source) -> Iterator[bytes]:
    read = getattr(source, "read", None)
    try:
        pieces = iter(lambda: read(CHUNK), b"") if read else iter(source)
    except TypeError as error:
        raise _no_stream(f"is of type {type(source).__name__}") from error
    for piece in pieces:
        if not isinstance(piece, bytes):
            raise _no_stream(f"returns {type(piece).__name__}, not bytes")
        yield piece


def _no_stream(what: str) -> InputError:
    return InputError(
        f"the stream of the message {what}",
        remedy="Give a file opened with 'rb', a pipe that blocks, or an iterable of bytes",
    )


def _checked(pieces: Iterable[bytes], offset: int) -> Iterator[bytes]:
    """Return the bytes with their line ends checked. A CR waits for what follows it."""
    held = b""
    for piece in pieces:
        held += piece
        ready = held[:-1] if held.endswith(b"\r") else held
        if (at := find_wrong(ready)) is not None:
            raise wrong_octet("the stream", ready[at], offset + at)
        offset += len(ready)
        held = held[len(ready) :]
        yield ready
    if held:
        raise wrong_octet("the stream", held[0], offset)


def _read_head(pieces: Iterator[bytes]) -> bytes:
    """Return the bytes up to the empty line, and whatever arrived in one piece with it.

    Raises:
        InputError: there is no empty line within the limit, or a line break is only half of one.
    """
    begun = bytearray()
    for piece in pieces:
        begun += piece
        if b"\r\n\r\n" in begun or begun.startswith(b"\r\n") or len(begun) > MAX_HEAD:
            break
    head = bytes(begun)[: head_size(bytes(begun))]
    if (at := find_wrong(head)) is not None:
        raise wrong_octet("the stream", head[at], at)
    if len(head) > MAX_HEAD:
        raise InputError(
            f"the stream has no empty line in its first {MAX_HEAD} bytes",
            remedy="A message begins with its header and an empty line",
        )
    return bytes(begun)
