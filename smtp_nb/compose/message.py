"""From a draft to a message ready for the wire (RFC 5322, RFC 2045 to 2049).

Every check of what was given happens in `compose`, before any connection. What it returns is
7-bit, has CRLF line ends and no line above 998 octets, and is sent in pieces: large attachments
are read while they are sent.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from smtp_nb.compose.draft import Draft
from smtp_nb.compose.fields import HeaderStyle, check_head
from smtp_nb.compose.given import body_as_it_stands, given_fields
from smtp_nb.compose.header import check_authors, check_message_id, date_now, fields, random_id
from smtp_nb.compose.mime import Measured, Piece, entity

CHUNK = 65536
_CONTENT_FIELD = re.compile(rb"^Content-", re.MULTILINE)
_FOLD = re.compile(r"\r\n(?=[ \t])")
_style = lru_cache(maxsize=64)(HeaderStyle)


@dataclass(frozen=True, slots=True, repr=False)
class Composed:
    """A message as the server will get it, but for the dots (a `Content`).

    Attributes:
        head: the header's octets, without the empty line behind them.
        size: octets of the whole.
        message_id: with its angle brackets; empty if there is none.
        needs_smtputf8: True if an address in the header has a local part beyond ASCII.
    """

    head: bytes
    size: int
    message_id: str
    needs_smtputf8: bool
    _pieces: tuple[Piece, ...]

    @property
    def bare(self) -> str:
        """Empty: what is composed here are lines."""
        return ""

    @property
    def is_8bit(self) -> bool:
        """True only if the header is raw UTF-8: bodies are 7-bit always."""
        return self.needs_smtputf8

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The fields as they are written, unfolded: (name, value)."""
        lines = _FOLD.sub("", self.head.decode()).split("\r\n")[:-1]
        split = (line.partition(":") for line in lines)
        return [(name, value.strip(" ")) for name, _, value in split]

    def chunks(self) -> Iterator[bytes]:
        """The octets, in pieces of at most 64 KiB. May be called again.

        Raises:
            InputError: 302, an attached file cannot be read any more, or changed its size. It
                comes before the last octets.
        """
        for piece in self._pieces:
            if isinstance(piece, Measured):
                yield from piece.chunks()
            else:
                yield from (piece[at : at + CHUNK] for at in range(0, len(piece), CHUNK))

    def __bytes__(self) -> bytes:
        return b"".join(self.chunks())

    def __repr__(self) -> str:
        return f"<Composed {self.message_id or 'message'}, {self.size} octets>"


def compose(
    draft: Draft,
    *,
    clock: Callable[[], float] = time.time,
    random: Callable[[int], bytes] = os.urandom,
) -> Composed:
    """Make the message.

    Args:
        clock: gives the seconds since 1970, for the Date.
        random: gives so many random octets, for the Message-ID and the boundaries.

    Raises:
        InjectionError: a line break or control character in a value of the header.
        InputError: any other value that a message cannot carry; the text names it.
        MissingError: 164, no author.
    """
    check_authors(draft)
    style = _style(draft.charset, draft.fold_headers, draft.max_header_length)
    date = date_now(clock()) if draft.date == "*" else draft.date
    message_id = draft.message_id and (
        random_id(draft, random(20))
        if draft.message_id == "*"
        else check_message_id(draft.message_id)
    )
    own = fields(draft, style, date, message_id)
    if draft.other_headers:
        own, message_id = _with_given(draft, own, message_id, style)
    if draft.other_headers and given_fields(draft.other_headers).owns_body:
        body = body_as_it_stands(draft)
    else:
        body = entity(draft, style.charset, random)
        own.append("MIME-Version: 1.0\r\n")
    head = "".join(own).encode() + body.head
    check_head(head, len(own) + len(_CONTENT_FIELD.findall(body.head)))
    pieces = _joined([head, b"\r\n", *body.pieces])
    return Composed(head, _size(pieces), message_id, not head.isascii(), pieces)


def _with_given(
    draft: Draft, computed: list[str], message_id: str, style: HeaderStyle
) -> tuple[list[str], str]:
    """All fields with those that the user wrote, and the Message-ID that is among them."""
    given = given_fields(draft.other_headers)
    written = given.written(computed, style)
    return written, given.value("message-id") if given.replaces else message_id


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Neighbours put together, so that a short message is one piece, and the last line ended."""
    found: list[Piece] = []
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            run.append(piece)
        else:
            found += [b"".join(run), piece]
            run = []
    last = b"".join(run)
    return (*found, last if last.endswith(b"\r\n") else last + b"\r\n")


def _size(pieces: tuple[Piece, ...]) -> int:
    return sum(piece.size if isinstance(piece, Measured) else len(piece) for piece in pieces)
