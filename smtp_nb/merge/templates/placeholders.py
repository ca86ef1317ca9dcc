"""Placeholders for values while the text around them is parsed.

Markdown and address lists are languages. A value put into them could speak them: a name with a
comma would become a second address, `*` a slanted line. So the text is read with a word of our own
in each value's place, and the values are put in when nothing looks for structure any more.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

# The name under which a template's context holds the slots; no template can spell it.
SLOTS = "the slots"

# Letters and digits only, in lower case: a word to Markdown, an atom to an address.
_MARK = f"slot{secrets.token_hex(4)}"
_TOKEN = re.compile(rf"{_MARK}n(\d+)z")


@dataclass(frozen=True, slots=True)
class Placed:
    """A value in its place between texts. `inside` counts the values made before it."""

    value: object
    inside: int = 0


Piece = str | Placed


class Placeholders:
    """The values of one rendering, each known by a token."""

    def __init__(self) -> None:
        self._values: list[object] = []

    def keep(self, value: object) -> str:
        """Put a value aside; the token to stand in its place."""
        self._values.append(value)
        return f"{_MARK}n{len(self._values) - 1}z"

    def pieces(self, text: str) -> list[Piece]:
        """The text cut at its tokens: text, value, text, …, text."""
        return self._pieces(text, len(self._values))

    def join(self, pieces: list[Piece], show: Callable[[object], str] = str) -> str:
        """One text again, with every value in its place, as `show` shows it."""
        return "".join(
            piece if isinstance(piece, str) else self._shown(piece, show) for piece in pieces
        )

    def fill(self, text: str, show: Callable[[object], str] = str) -> str:
        """The text with every value in its place."""
        return self.join(self.pieces(text), show)

    def _shown(self, kept: Placed, show: Callable[[object], str]) -> str:
        # What a macro printed holds the tokens of what was printed inside it, which are older.
        # A younger one is a cell that happens to look like a token.
        return self.join(self._pieces(show(kept.value), kept.inside), show)

    def _pieces(self, text: str, limit: int) -> list[Piece]:
        found: list[Piece] = []
        end = 0
        for token in _TOKEN.finditer(text):
            if (number := int(token[1])) < limit:
                found += [text[end : token.start()], Placed(self._values[number], number)]
                end = token.end()
        return [*found, text[end:]]
