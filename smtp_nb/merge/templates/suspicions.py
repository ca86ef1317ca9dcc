"""Warnings about likely mistakes in a template."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import NamedTuple

from markdown_it import MarkdownIt

from smtp_nb.merge.rows.printed import Note
from smtp_nb.merge.rows.unfilled import folded, spelling
from smtp_nb.merge.templates.environment import environment

NAMES_NOTHING = "the template uses no column: all recipients get the same message"

_NAME = r"\s*([^\W\d][\w .-]{0,60}?)\s*"
_HTML_TAG = re.compile(
    r"</?(?:a|b|big|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|img|li|link|meta"
    r"|ol|p|pre|s|small|span|strike|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|u|ul)"
    r"\b|<!",
    re.IGNORECASE,
)


class _Placeholder(NamedTuple):
    """How another tool writes a place to fill. What may be meant so counts if a column is named."""

    pattern: re.Pattern[str]
    is_certain: bool


_PLACEHOLDERS = (
    _Placeholder(re.compile(rf"\$\{{{_NAME}\}}"), True),
    _Placeholder(re.compile(rf"<<{_NAME}>>"), True),
    _Placeholder(re.compile(rf"«{_NAME}»"), True),
    _Placeholder(re.compile(rf"(?<![{{$])\{{{_NAME}\}}(?!\}})"), False),
    _Placeholder(re.compile(rf"\[\[?{_NAME}\](?![(\[:])"), False),
    _Placeholder(re.compile(rf"(?<!<)<{_NAME}>(?!>)"), False),
    _Placeholder(re.compile(rf"%{_NAME}%"), False),
    _Placeholder(re.compile(r"\*\|\s*(\w+)\s*\|\*"), True),
)


def suspicions(
    sources: Mapping[str, str], names: Collection[str], columns: Collection[Hashable]
) -> Iterator[Note]:
    """What is odd about a template, whatever the rows hold.

    Args:
        sources: its parts by name.
        names: the names that it uses.
        columns: the columns that it could use; those of addresses and keys are not among them.
    """
    known = {folded(str(column)): str(column) for column in columns}
    is_strange = False
    for what, source in sources.items():
        text = _words(source)
        for written, column in _placeholders(text, known):
            is_strange = True
            yield Note(
                what, f"{written} is another tool's placeholder, and readers will see it",
                f"Write {{{{ {spelling(column)} }}}}",
            )  # fmt: skip
        if what == "markdown" and (tag := _tag(text)):
            yield Note(
                what, f"readers will see {tag} as it stands: Markdown does not allow HTML here",
                "Write Markdown, or give the HTML in html=",
            )  # fmt: skip
    if columns and not names and not is_strange:
        yield Note(
            "", NAMES_NOTHING,
            f"Write columns as {{{{ {spelling(next(iter(columns)))} }}}}",
        )  # fmt: skip


def _words(source: str) -> str:
    """The template without its expressions."""
    tokens = environment(html=False).lex(source)
    return "".join(text if kind == "data" else " " * (kind == "name") for _, kind, text in tokens)


def _placeholders(text: str, columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for placeholder in _PLACEHOLDERS:
        for found in placeholder.pattern.finditer(text):
            column = columns.get(folded(found[1]))
            if column is not None or placeholder.is_certain:
                yield found[0], column or found[1]


def _tag(text: str) -> str:
    """The first HTML tag that Markdown will show; empty if there is none."""
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        for one in (token, *(token.children or ())):
            if one.type in ("html_block", "html_inline") and _HTML_TAG.match(one.content.strip()):
                return str(one.content).strip().split("\n")[0][:60]
    return ""
