"""Drawings in SVG, each with a title and the same in words.

Colours are the notebook's where its style sheet has them. No element has an id, so pictures do not
get in each other's way on a page; every colour is backed by a shape or a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

INK = "currentColor"
ACCENT = "var(--jp-brand-color1,#1976d2)"
GOOD = "var(--jp-success-color1,#388e3c)"
BAD = "var(--jp-error-color1,#d32f2f)"
WARN = "var(--jp-warn-color1,#ef6c00)"
_STYLE = (
    "color:var(--jp-content-font-color1,currentColor);"
    "font:12px var(--jp-ui-font-family,system-ui,sans-serif)"
)


@dataclass(frozen=True, slots=True, repr=False)
class Drawing:
    """A drawing. Show it as the last line of a cell.

    Attributes:
        title: what it shows, in a few words.
        words: what it says, line by line, for those who do not see it.
        body: its elements.
        width, height: in units of its own.
    """

    title: str
    words: str
    body: str
    width: int
    height: int

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" '
            f'style="max-width:{self.width}px;width:100%;height:auto;{_STYLE}">'
            f"<title>{escape(self.title)}</title><desc>{escape(self.words)}</desc>"
            f"{self.body}</svg>"
        )

    def __repr__(self) -> str:
        return f"{self.title}\n{self.words}"

    def _repr_html_(self) -> str:
        return self.svg


def words(
    x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK, bold: bool = False
) -> str:
    """Return a line of text at a place."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(text)}</text>"
    )


def line(
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    colour: str = INK,
    *,
    wide: float = 1,
    dash: str = "",
) -> str:
    """Return a straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{colour}" stroke-width="{wide:g}"'
        f"{dashes}/>"
    )
