"""Large parts of given messages, written piece by piece while they are sent.

Only text that can go out unchanged, line by line, is one of them: base64, above all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smtp_nb.compose.content import CHUNK, in_chunks, joined

LARGE = 256 * 1024


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
        """Bytes, as they are sent."""

    def chunks(self) -> Iterator[bytes]:
        """The bytes."""
        at = 0
        while at < self._end:
            end = min(at + CHUNK, self._end)
            while end < self._end and self._text[end - 1] == "\r":
                end += 1  # never between CR and LF
            yield with_crlf(self._text[at:end].encode("ascii"))
            at = end


def with_crlf(lines: bytes) -> bytes:
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines.replace(b"\n", b"\r\n")


@dataclass(frozen=True, slots=True, repr=False)
class GivenContent:
    """A given message, with its large parts in their places (a `Content`).

    Attributes:
        size: bytes of the whole.
        message_id: with its angle brackets; empty if there is none.
        needs_smtputf8: True if the header is raw UTF-8.
        is_8bit: True if bytes above 127 may occur; large parts have none.
    """

    size: int
    message_id: str
    needs_smtputf8: bool
    is_8bit: bool
    _pieces: tuple[bytes | LargeText, ...]

    @property
    def bare(self) -> str:
        """Empty: the content consists of lines."""
        return ""

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in pieces of about 64 KiB. May be called again."""
        for piece in self._pieces:
            if isinstance(piece, LargeText):
                yield from piece.chunks()
            else:
                yield from in_chunks(piece)

    def __bytes__(self) -> bytes:
        return b"".join(self.chunks())

    def __repr__(self) -> str:
        return f"<GivenContent {self.message_id or 'message'}, {self.size} bytes>"


def given_content(head: bytes, body: Sequence[bytes | LargeText], message_id: str) -> GivenContent:
    """Return a message from a header and the pieces of its body; the last line is ended if
    needed.
    """
    pieces, last = joined([head, b"\r\n", *body])
    pieces = [*pieces, last if last.endswith(b"\r\n") else last + b"\r\n"]
    return GivenContent(
        size=sum(piece.size if isinstance(piece, LargeText) else len(piece) for piece in pieces),
        message_id=message_id,
        needs_smtputf8=not head.isascii(),
        is_8bit=not all(isinstance(piece, LargeText) or piece.isascii() for piece in pieces),
        _pieces=tuple(pieces),
    )
