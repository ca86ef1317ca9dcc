"""Large parts of an EmailMessage, which the `email` package would write out several times over.

They are taken out before it writes the message, each with a word in its place, and put back while
the message is sent. Only text that the package would write as it stands, line by line, is taken:
base64, above all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import EmailMessage, Message

    from smtp_nb.compose.raw import RawContent

CHUNK = 65536
LARGE = 256 * 1024
# Its marks: of lines that begin a boundary, and of lines that some policies write with `>`.
_STRUCTURE = ("-", "From ", "\0")


class LargeText:
    """The lines of a part; their ends become CRLF while they are sent.

    Args:
        text: ASCII, with any line ends.
        end: where it ends; what follows is not part of it.
    """

    def __init__(self, text: str, end: int) -> None:
        self._text = text
        self._end = end
        breaks = {mark: text.count(mark, 0, end) for mark in ("\r", "\n", "\r\n")}
        characters = end - breaks["\r"] - breaks["\n"]
        self.size = characters + 2 * (breaks["\r"] + breaks["\n"] - breaks["\r\n"])
        """Octets, as they are sent."""

    def chunks(self) -> Iterator[bytes]:
        """The octets."""
        at = 0
        while at < self._end:
            end = min(at + CHUNK, self._end)
            while end < self._end and self._text[end - 1] == "\r":
                end += 1  # never between CR and LF
            yield _with_crlf(self._text[at:end].encode("ascii"))
            at = end


def _with_crlf(lines: bytes) -> bytes:
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines.replace(b"\n", b"\r\n")


@dataclass(frozen=True, slots=True, repr=False)
class SplicedContent:
    """A message with its large parts in their places again (a `Content`).

    Attributes:
        outline: the message with words in their places.
    """

    outline: RawContent
    size: int
    _pieces: tuple[bytes | LargeText, ...]

    @property
    def is_8bit(self) -> bool:
        """True if an octet above 127 may come; large parts have none."""
        return self.outline.is_8bit

    @property
    def needs_smtputf8(self) -> bool:
        """True if the header is raw UTF-8."""
        return self.outline.needs_smtputf8

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets; empty if there is none."""
        return self.outline.message_id

    @property
    def bare(self) -> str:
        """What makes the message binary, in words; large parts do not."""
        return self.outline.bare

    def chunks(self) -> Iterator[bytes]:
        """The octets, in pieces of about 64 KiB. May be called again."""
        for piece in self._pieces:
            if isinstance(piece, LargeText):
                yield from piece.chunks()
            else:
                yield from (piece[at : at + CHUNK] for at in range(0, len(piece), CHUNK))

    def __bytes__(self) -> bytes:
        return b"".join(self.chunks())

    def __repr__(self) -> str:
        return f"<SplicedContent {self.message_id or 'message'}, {self.size} octets>"


def take_out(message: EmailMessage | Message) -> dict[bytes, LargeText]:
    """Replace what is large in a message by words; the words, with what they stand for."""
    found: dict[bytes, LargeText] = {}
    for part in message.walk():
        # get_payload() makes a copy to look for surrogates in. Where the attribute is called
        # otherwise, nothing is taken out.
        text = vars(part).get("_payload")
        if not isinstance(text, str) or len(text) < LARGE or not _is_plain(text):
            continue
        word = os.urandom(16).hex()
        end = len(text) - 64 + len(text[-64:].rstrip("\r\n"))
        part.set_payload(word + text[end:])
        found[word.encode()] = LargeText(text, end)
    return found


def _is_plain(text: str) -> bool:
    return text.isascii() and not any(mark in text for mark in _STRUCTURE)


def put_back(outline: RawContent, parts: Mapping[bytes, LargeText]) -> RawContent | SplicedContent:
    """The message with its large parts again."""
    pieces: list[bytes | LargeText] = []
    rest = outline.data
    for word, text in parts.items():
        before, _, rest = rest.partition(word)
        pieces += [before, text]
    if not pieces:
        return outline
    words = sum(map(len, parts))
    size = len(outline.data) - words + sum(text.size for text in parts.values())
    return SplicedContent(outline, size, (*pieces, rest))
