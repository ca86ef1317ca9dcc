"""Markdown as the two bodies of a message: HTML, and text that reads well by itself.

Raw HTML in the Markdown is shown, not rendered: what comes from a table cell or a form must not
become markup, and no link leads to a script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    Write = Callable[[SyntaxTreeNode], str]

RULE = "-" * 40


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def markdown_to_html(text: str) -> str:
    """Return CommonMark with tables as HTML."""
    return str(_parser().render(text))


def markdown_to_text(text: str) -> str:
    """Return the same words without the markup: lists keep their dashes, links show their
    addresses.
    """
    from markdown_it.tree import SyntaxTreeNode

    return _all(SyntaxTreeNode(_parser().parse(text)).children, "\n\n") + "\n"


def _all(nodes: Iterable[SyntaxTreeNode], gap: str = "") -> str:
    return gap.join([_WRITERS[node.type](node) for node in nodes])


def _inside(node: SyntaxTreeNode) -> str:
    return _all(node.children)


def _verbatim(node: SyntaxTreeNode) -> str:
    return node.content


def _heading(node: SyntaxTreeNode) -> str:
    title = _inside(node)
    line = {"h1": "=", "h2": "-"}.get(node.tag, "")
    width = max(map(len, title.split("\n")))
    return f"{title}\n{line * width}" if line else title


def _quote(node: SyntaxTreeNode) -> str:
    return _prefixed(_all(node.children, "\n\n"), "> ", "> ")


def _code(node: SyntaxTreeNode) -> str:
    return _prefixed(node.content.rstrip("\n"), "    ", "    ")


def _prefixed(text: str, first: str, others: str) -> str:
    lines = text.split("\n")
    marks = [first] + [others] * (len(lines) - 1)
    return "\n".join((mark + line).rstrip() for mark, line in zip(marks, lines, strict=True))


def _list(node: SyntaxTreeNode) -> str:
    tight = all(
        part.hidden for item in node.children for part in item.children if part.type == "paragraph"
    )
    gap = "\n" if tight else "\n\n"
    start = int(node.attrs.get("start", 1))
    items = []
    for number, item in enumerate(node.children, start):
        mark = f"{number}. " if node.type == "ordered_list" else "- "
        items.append(_prefixed(_all(item.children, gap), mark, " " * len(mark)))
    return gap.join(items)


def _link(node: SyntaxTreeNode) -> str:
    words, target = _inside(node), str(node.attrs.get("href", ""))
    return words if words in (target, target.removeprefix("mailto:")) else f"{words} <{target}>"


def _image(node: SyntaxTreeNode) -> str:
    return f"[{node.content}]" if node.content else ""


def _table(node: SyntaxTreeNode) -> str:
    rows = [
        [_inside(cell) for cell in row.children] for part in node.children for row in part.children
    ]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    rows.insert(1, ["-" * width for width in widths])
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


_WRITERS: dict[str, Write] = {
    "heading": _heading,
    "paragraph": _inside,
    "inline": _inside,
    "blockquote": _quote,
    "code_block": _code,
    "fence": _code,
    "hr": lambda node: RULE,
    "bullet_list": _list,
    "ordered_list": _list,
    "table": _table,
    "text": _verbatim,
    "code_inline": _verbatim,
    "strong": _inside,
    "em": _inside,
    "s": _inside,
    "link": _link,
    "image": _image,
    "softbreak": lambda node: "\n",
    "hardbreak": lambda node: "\n",
}
