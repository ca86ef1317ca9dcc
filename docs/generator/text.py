"""Markdown, piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

BAR = "\\|"  # an entity would be shown as it is inside code
_CODE = re.compile(r"(`[^`]*`)")


def prose(text: str) -> str:
    """A sentence of ours whose angle brackets are no HTML; code in it stays as it is."""
    pieces = _CODE.split(text)
    return "".join(p if p.startswith("`") else p.replace("<", "&lt;") for p in pieces)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown on one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', BAR) for c in line)} |" for line in lines)


def section(label: str, title: str, *blocks: str, level: int = 2) -> str:
    """A part of a page to which others can link; empty blocks are left out."""
    return "\n\n".join([f"({label})=\n{'#' * level} {title}", *filter(None, blocks)])


def page(title: str, *blocks: str) -> str:
    """A whole page."""
    return "\n\n".join([f"# {title}", *filter(None, blocks), ""])
