"""Markdown building blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(`[^`]*`)")


def prose(text: str) -> str:
    """Return a sentence whose angle brackets are not HTML; code in it is unchanged."""
    pieces = _CODE.split(text)
    return "".join(p if p.startswith("`") else p.replace("<", "&lt;") for p in pieces)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown on one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    """Escape the bars in a cell: an entity shows as itself inside code, a backslash does not."""
    pieces = _CODE.split(text)
    return "".join(p.replace("|", r"\|" if p.startswith("`") else "&#124;") for p in pieces)


def section(label: str, title: str, *blocks: str, level: int = 2) -> str:
    """Return a part of a page to which others can link; empty blocks are left out."""
    return "\n\n".join([f"({label})=\n{'#' * level} {title}", *filter(None, blocks)])


def entry(label: str, kind: str, signature: str, *blocks: str, **options: str) -> str:
    """Return a Sphinx object: others can link to it, the index and other projects find it.

    Args:
        kind: a directive of the Python domain, or any other with its domain.
        options: of the directive; empty ones are left out; a blank is a flag.
    """
    directive = kind if kind == "confval" else f"py:{kind}"
    lines = [f":{name}: {value}".rstrip() for name, value in options.items() if value]
    head = "\n".join([f"({label})=", f":::::{{{directive}}} {signature}", *lines])
    return "\n\n".join([head, *filter(None, blocks), ":::::"])


def module(name: str) -> str:
    """Say to which module the objects that follow belong."""
    return f"```{{py:currentmodule}} {name}\n```"


def page(title: str, *blocks: str) -> str:
    """Return a whole page."""
    return "\n\n".join([f"# {title}", *filter(None, blocks), ""])
