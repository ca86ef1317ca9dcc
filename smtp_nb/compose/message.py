"""Message composer: from a draft to a message for the wire (RFC 5322, RFC 2045 to 2049).

Every check of the input happens in `compose`, before any connection. What it returns is 7-bit, has
CRLF line ends and no line above 998 bytes, and is sent in pieces: large attachments are read while
they are sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from smtp_nb import ambient
from smtp_nb.compose.content import CHUNK, in_chunks, joined
from smtp_nb.compose.draft import Draft
from smtp_nb.compose.fields import HeaderStyle, check_head
from smtp_nb.compose.header import (
    HeaderWriter,
    check_authors,
    check_message_id,
    date_now,
    random_id,
)
from smtp_nb.compose.mime import MIME_VERSION, Boundaries, Entity, Measured, Piece, entity
from smtp_nb.compose.other_headers import body_of_given, given_fields
from smtp_nb.model.known import value

_CONTENT_FIELD = re.compile(rb"^Content-", re.MULTILINE)
_MIME_FIELD = re.compile(rb"^(?:Content-|MIME-Version:)", re.MULTILINE)
_FOLD = re.compile(r"\r\n(?=[ \t])")
_style = lru_cache(maxsize=64)(HeaderStyle)


@value
class Composed:
    """A message as the server will receive it, before dot-stuffing (a `Content`).

    Attributes:
        head_size: bytes of the header.
        size: bytes of the whole.
        message_id: with its angle brackets; empty if there is none.
        needs_smtputf8: True if an address in the header has a non-ASCII local part.
        pieces: the whole in order: bytes, and what is produced while the message is sent. The first
            holds the header.
    """

    head_size: int
    size: int
    message_id: str
    needs_smtputf8: bool
    pieces: tuple[Piece, ...]

    @property
    def head(self) -> bytes:
        """The bytes of the header, without the empty line after it."""
        first = self.pieces[0]
        return first[: self.head_size] if isinstance(first, bytes) else b""

    @property
    def bare(self) -> str:
        """Empty: composed content consists of lines."""
        return ""

    @property
    def is_8bit(self) -> bool:
        """True only if the header is raw UTF-8: bodies are always 7-bit."""
        return self.needs_smtputf8

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The fields as written, unfolded: (name, value)."""
        lines = _FOLD.sub("", self.head.decode()).split("\r\n")[:-1]
        split = (line.partition(":") for line in lines)
        return [(name, value.strip(" ")) for name, _, value in split]

    def chunks(self) -> Iterator[bytes]:
        """Return the bytes, in pieces of at most 64 KiB. May be called again.

        Raises:
            InputError: 302, an attached file can no longer be read, or its size has changed. It is
                raised before the last bytes.
        """
        for piece in self.pieces:
            if isinstance(piece, Measured):
                yield from piece.chunks()
            elif len(piece) <= CHUNK:
                yield piece
            else:
                yield from in_chunks(piece)

    def __bytes__(self) -> bytes:
        return b"".join(self.chunks())

    def __repr__(self) -> str:
        return f"<Composed {self.message_id or 'message'}, {self.size} bytes>"


class Composer:
    """Composes successive messages; what they have in common is encoded once.

    The same object as in the previous message counts as unchanged, so nothing is ever guessed: a
    message is, byte for byte, what a new composer would make.

    Args:
        clock: returns the seconds since 1970, for the Date.
        random: returns that number of random bytes, for the Message-ID and the boundaries.
    """

    def __init__(
        self,
        clock: Callable[[], float] = ambient.now,
        random: Callable[[int], bytes] = ambient.random,
    ) -> None:
        self._clock = clock
        self._random = random
        self._boundaries = Boundaries(random)
        self._header = HeaderWriter(HeaderStyle())
        self._second = 0
        self._date = ""
        self._checked = b""

    def compose(self, draft: Draft) -> Composed:
        """Compose the message.

        Raises:
            InjectionError: a line break or control character in a value of the header.
            InputError: any other value that a message cannot carry; the text names it.
            MissingError: 164, no author.
        """
        check_authors(draft)
        style = _style(draft.charset, draft.fold_headers, draft.max_header_length)
        if style is not self._header.style:
            self._header = HeaderWriter(style)
        message_id = self._message_id(draft)
        date = self.date() if draft.date == "*" else draft.date
        own = self._header.fields(draft, date, message_id)
        if draft.other_headers:
            return self._with_given(draft, own, message_id)
        body = entity(draft, style.charset, self._boundaries)
        if body.head is not self._checked:
            check_head(body.head, len(_CONTENT_FIELD.findall(body.head)))
            self._checked = body.head
        return _composed("".join(own).encode() + MIME_VERSION + body.head, body, message_id)

    @property
    def boundary(self) -> bytes:
        """What makes the boundaries unique, and stands in no text; empty before the first."""
        return self._boundaries.mark

    def _with_given(self, draft: Draft, own: list[str], message_id: str) -> Composed:
        """Return the message with the fields that the user wrote, and the body that belongs to
        them.
        """
        given = given_fields(draft.other_headers).completed(draft.text or "")
        own = given.written(own, self._header.style)
        if given.owns_body:
            body = body_of_given(draft, given)
        else:
            body = entity(draft, self._header.style.charset, self._boundaries)
            if not given.value("MIME-Version"):
                own.append(MIME_VERSION.decode())
        head = "".join(own).encode() + body.head
        check_head(head, len(own) + len(_MIME_FIELD.findall(body.head)))
        return _composed(head, body, given.value("Message-ID") if given.replaces else message_id)

    def _message_id(self, draft: Draft) -> str:
        if draft.message_id == "*":
            return random_id(draft, self._random(20))
        return draft.message_id and check_message_id(draft.message_id)

    def date(self) -> str:
        """Return the Date of a message made now, the same object throughout the same second."""
        seconds = self._clock()
        if int(seconds) != self._second or not self._date:
            self._second, self._date = int(seconds), date_now(seconds)
        return self._date


def compose(
    draft: Draft,
    *,
    clock: Callable[[], float] = ambient.now,
    random: Callable[[int], bytes] = ambient.random,
) -> Composed:
    """Compose one message; see `Composer`."""
    return Composer(clock, random).compose(draft)


def _composed(head: bytes, body: Entity, message_id: str) -> Composed:
    whole = _joined([head, b"\r\n", *body.pieces])
    return Composed(len(head), _size(whole), message_id, not head.isascii(), whole)


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Return neighbours joined, so that a short message is one piece, and the last line ended."""
    try:
        whole = b"".join(pieces)  # type: ignore[arg-type]  # most messages have nothing else
    except TypeError:
        return _joined_in_part(pieces)
    return (whole if whole.endswith(b"\r\n") else whole + b"\r\n",)


def _joined_in_part(pieces: list[Piece]) -> tuple[Piece, ...]:
    found, last = joined(pieces)
    return (*found, last if last.endswith(b"\r\n") else last + b"\r\n")


def _size(pieces: tuple[Piece, ...]) -> int:
    return sum([piece.size if isinstance(piece, Measured) else len(piece) for piece in pieces])
