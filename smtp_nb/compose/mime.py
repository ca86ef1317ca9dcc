"""MIME structure: how bodies, inline images and attachments nest (RFC 2046 section 5, RFC 2387).

multipart/mixed               if there are attachments
├── multipart/alternative     if there are two bodies
│   ├── text/plain
│   ├── multipart/related     if the HTML shows inline images
│   │   ├── text/html
│   │   └── image/…           Content-ID, for <img src="cid:…">
│   └── text/calendar         if it is an invitation
└── attachments
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from smtp_nb.compose.draft import Draft
from smtp_nb.compose.parts import UNREADABLE, Attachment, EncodedPart
from smtp_nb.compose.text import encode_text
from smtp_nb.errors import InputError

MIME_VERSION = b"MIME-Version: 1.0\r\n"


class Body(Protocol):
    """Bytes produced while the message is sent."""

    def chunks(self) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """Bytes still to be produced, and their number, which is announced to the server."""

    body: Body
    size: int

    def chunks(self) -> Iterator[bytes]:
        """Return the bytes, never more than announced.

        Raises:
            InputError: 302, there are more or fewer, because the file changed meanwhile. It is
                raised before the end, so that the message can still be abandoned.
        """
        left = self.size
        for piece in self.body.chunks():
            left -= len(piece)
            if left < 0:
                break
            yield piece
        if left:
            raise InputError(
                "an size of an attachment changed while the message was sent",
                code=UNREADABLE,
                remedy="Send the message again when the file is no longer being written",
            )


Piece = bytes | Measured


@dataclass(frozen=True, slots=True)
class Entity:
    """A MIME entity: its Content fields, and its body without the CRLF that begins a boundary."""

    head: bytes
    pieces: list[Piece]


class Boundaries:
    """Finds what makes boundaries unique; successive messages share it if they can.

    Args:
        random: returns that number of random bytes.
    """

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._token = ""
        self.mark = b""
        """The token, as bytes; empty before the first message."""

    def fit(self, texts: Sequence[Entity]) -> str:
        """Return a token that no text contains. Base64 and quoted-printable cannot contain a
        boundary's `=_`, but text sent unchanged may contain anything."""
        while not self.mark or self._is_in(texts):
            self._token = self._random(12).hex()
            self.mark = self._token.encode("ascii")
        return self._token

    def _is_in(self, texts: Sequence[Entity]) -> bool:
        for text in texts:
            for piece in text.pieces:
                if isinstance(piece, bytes) and self.mark in piece:
                    return True
        return False


def entity(draft: Draft, charset: str, boundaries: Boundaries) -> Entity:
    """Return the whole body of the message, its texts in `charset`.

    Raises:
        InputError: a text that its charset cannot encode, an attachment that cannot be read, an
            inline image without HTML.
    """
    plain, html = _bodies(draft)
    texts = [
        _text(kind, text, charset)
        for kind, text in (("plain", plain), ("html", html))
        if text is not None
    ]
    if len(texts) == 1 and not (draft.inline or draft.attachments or draft.calendar):
        return texts[0]
    token = boundaries.fit(texts)
    if draft.inline:
        texts[-1] = _related(texts[-1], draft, token)
    if draft.calendar:
        texts.append(_calendar(draft.calendar))
    whole = texts[0] if len(texts) == 1 else multipart("alternative", f"=_a{token}", texts)
    if draft.attachments:
        files = [_part(part, "attachment") for part in draft.attachments]
        whole = multipart("mixed", f"=_m{token}", [whole, *files])
    return whole


def _bodies(draft: Draft) -> tuple[str | None, str | None]:
    plain, html = draft.text, draft.html
    if draft.markdown is not None:
        from smtp_nb.compose.markdown import markdown_to_html, markdown_to_text

        plain = markdown_to_text(draft.markdown) if plain is None else plain
        html = markdown_to_html(draft.markdown) if html is None else html
    if plain is None and html is None:
        plain = ""
    return plain, html


def _text(kind: str, text: str, charset: str) -> Entity:
    encoding, body = encode_text(text, charset, "the text" if kind == "plain" else "the HTML")
    return Entity(_text_head(kind, charset, encoding), [body])


@lru_cache(maxsize=64)
def _text_head(kind: str, charset: str, encoding: str) -> bytes:
    return (
        f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    ).encode("ascii")


def _calendar(given: str) -> Entity:
    """RFC 6047 section 2.4: charset and method are there, and method is the object's own."""
    from smtp_nb.compose.calendar import calendar_text, method_of

    text = calendar_text(given)
    encoding, body = encode_text(text, "utf-8", "the calendar")
    head = (
        f"Content-Type: text/calendar; charset=utf-8; method={method_of(text)}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n"
    )
    return Entity(head.encode("ascii"), [body])


def _related(html: Entity, draft: Draft, token: str) -> Entity:
    if b"text/html" not in html.head:
        raise InputError(
            "there are inline images, but no HTML to show them", remedy="Give html or markdown"
        )
    for part in draft.inline:
        if not part.cid:
            raise InputError(
                "an inline image has no cid",
                remedy='Give it one, and show it with <img src="cid:...">',
            )
    images = [_part(part, "inline") for part in draft.inline]
    return multipart("related", f"=_r{token}", [html, *images], '; type="text/html"')


def _part(part: Attachment | EncodedPart, disposition: str) -> Entity:
    return Entity(part.head(disposition), [Measured(part, part.size)])


def multipart(subtype: str, boundary: str, children: Sequence[Entity], more: str = "") -> Entity:
    """Put entities between boundaries."""
    head, line, end = _frame(subtype, boundary, more)
    pieces: list[Piece] = []
    for child in children:
        pieces += (line, child.head, b"\r\n", *child.pieces, b"\r\n")
    pieces.append(end)
    return Entity(head, pieces)


@lru_cache(maxsize=16)
def _frame(subtype: str, boundary: str, more: str) -> tuple[bytes, bytes, bytes]:
    """Return the header of a multipart entity, the line before each child, and the end of the
    last.
    """
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"{more}\r\n'
    line = f"--{boundary}".encode("ascii")
    return head.encode("ascii"), line + b"\r\n", line + b"--"
