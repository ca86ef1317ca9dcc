"""What all contents of messages have in common: the pieces in which they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

CHUNK = 65536

P = TypeVar("P")


def in_chunks(data: bytes) -> Iterator[bytes]:
    """Bytes in pieces of at most 64 KiB."""
    return (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))


def joined(pieces: Iterable[bytes | P]) -> tuple[list[bytes | P], bytes]:
    """Neighbours put together, so that a short message is one piece.

    Returns:
        The pieces up to the last that is not bytes itself, and the bytes after it.
    """
    found: list[bytes | P] = []
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            run.append(piece)
        else:
            found += [b"".join(run), piece]
            run = []
    return found, b"".join(run)
