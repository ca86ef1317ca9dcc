"""Values with one form in HTML and another in text."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that HTML shows in one way and text in another."""

    html: Markup
    text: str
    is_block: bool = False

    def __html__(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.text
