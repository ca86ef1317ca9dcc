"""Both bodies from one Markdown template.

Markdown is read with a token in the place of every `{{ … }}`, so a value is always text: it cannot
slant, link or end a list, and a line break in it is one in both bodies. Where a template has
expressions only, this happens once, and each row costs two plain Jinja2 templates. With statements
(`{% if %}`, `{% for %}`) what Markdown reads differs from row to row, and so it is read for every
row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from smtp_nb.compose.markdown import markdown_to_html, markdown_to_text
from smtp_nb.merge.templates.environment import Part, Values
from smtp_nb.merge.templates.filters import IMAGES, html_of, link, nl2br
from smtp_nb.merge.templates.placeholders import SLOTS, Piece, Placeholders
from smtp_nb.merge.templates.sandboxed import Environments, standard
from smtp_nb.merge.templates.shown import Shown

_TABLE = re.compile(r"\|\s*table\b")
_LINK = re.compile(r'(?:href|src)="\Z')
_HEADING = re.compile(r"#|^(?:=+|-+) *$", re.MULTILINE)
_UNDERLINE = re.compile(r"^(.+)\n([=-])\2*$", re.MULTILINE)
_OPEN, _CLOSE = "<p>", "</p>"


class ExpressionText(str):
    """The source of an expression, in the place of its value."""

    __slots__ = ()


class MarkdownPart:
    """A Markdown template, compiled as far as it does not vary.

    Raises:
        InputError: the template's syntax is wrong.
    """

    def __init__(self, source: str, environments: Environments | None = None) -> None:
        environments = environments or standard()
        # Also finds syntax errors, before anything takes the source apart.
        self._whole = Part("markdown", source, environments.slots)
        self.names = self._whole.names
        self._has_headings = _HEADING.search(source) is not None
        self._parts: tuple[Part, Part] | None = None
        if (cut := _cut(source)) is not None:
            self._parts = _compiled(*cut, environments)

    @property
    def is_plain(self) -> bool:
        """True if nothing can go wrong with it in a row whose cells are all plain."""
        return self._parts is not None and all(part.is_plain for part in self._parts)

    @property
    def has_words(self) -> bool:
        """True if it gives some visible text, whatever the cells hold."""
        return self._parts is not None and self._parts[0].has_words

    @property
    def parts(self) -> tuple[Part, Part] | None:
        """The templates of text and HTML; None where Markdown is read for every row."""
        return self._parts

    def finished(self, text: str, mark: str) -> str | None:
        """A text of `parts` with its headings underlined; None if the length of a line differs
        from row to row.

        Args:
            mark: stands in the text wherever a value will.
        """
        if not self._has_headings:
            return text
        if any(mark in found[1] for found in _UNDERLINE.finditer(text)):
            return None
        return _underlined(text)

    def render(self, values: Values) -> tuple[str, str]:
        """(text, HTML) for one row.

        Raises:
            RowError: a name is not filled, or an expression fails for this row.
        """
        if self._parts is not None:
            text = self._parts[0].render(self._undrawn(values))
            html = self._parts[1].render(values)
        else:
            slots = Placeholders()
            marked = self._whole.render({**values, SLOTS: slots})
            text = slots.fill(markdown_to_text(marked))
            html = slots.join(_in_place(slots.pieces(markdown_to_html(marked))), html_of)
        return (_underlined(text) if self._has_headings else text), html

    def _undrawn(self, values: Values) -> Values:
        """The values for the text, which shows no image: drawing is most of the work of a row."""
        return values if self.is_plain else {**values, IMAGES: None}


def _underlined(text: str) -> str:
    """Headings in plain text, each with a line as long as itself now is."""
    return _UNDERLINE.sub(lambda found: f"{found[1]}\n{found[2] * len(found[1])}", text)


def _cut(source: str) -> tuple[str, Placeholders] | None:
    """The source with tokens for its expressions; None if it has statements."""
    slots = Placeholders()
    marked: list[str] = []
    expression: list[str] | None = None
    for _, kind, text in standard().slots.lex(source):
        if kind == "block_begin":
            return None
        if kind == "data":
            marked.append(text)
        elif kind == "variable_begin":
            expression = []
        elif kind == "variable_end":
            marked.append(slots.keep(ExpressionText("".join(expression or ()))))
            expression = None
        elif expression is not None:
            expression.append(text)
    return "".join(marked), slots


def _compiled(
    marked: str, expressions: Placeholders, environments: Environments
) -> tuple[Part, Part]:
    """The text's and the HTML's template."""
    text = expressions.pieces(markdown_to_text(marked))
    html = _in_place(expressions.pieces(markdown_to_html(marked)))
    return (
        Part("markdown", _jinja(text), environments.text),
        Part("markdown", _jinja(html), environments.html),
    )


def _in_place(pieces: list[Piece]) -> list[Piece]:
    """The pieces, with each value as its place in the HTML demands."""
    found = list(pieces)
    is_in_tag = False
    for at, piece in enumerate(pieces):
        if isinstance(piece, str):
            is_in_tag = _ends_in_tag(piece, is_in_tag)
            continue
        before, after = _text(found[at - 1]), _text(found[at + 1])
        if _LINK.search(before):
            found[at] = replace(piece, value=_filtered(piece.value, link))
        elif not is_in_tag:
            found[at] = replace(piece, value=_filtered(piece.value, nl2br))
        if _is_block(piece.value) and before.endswith(_OPEN) and after.startswith(_CLOSE):
            # A paragraph cannot hold a table: readers would end it in front.
            found[at - 1], found[at + 1] = before.removesuffix(_OPEN), after.removeprefix(_CLOSE)
    return found


def _ends_in_tag(text: str, began_in_tag: bool) -> bool:
    """True if what follows stands in an attribute."""
    opened, closed = text.rfind("<"), text.rfind(">")
    return opened > closed if opened >= 0 or closed >= 0 else began_in_tag


def _text(piece: Piece) -> str:
    return piece if isinstance(piece, str) else ""


def _filtered(value: object, apply: Callable[[object], object]) -> object:
    if not isinstance(value, ExpressionText):
        return apply(value)
    return ExpressionText(f"({value})|{apply.__name__}")


def _is_block(value: object) -> bool:
    if isinstance(value, ExpressionText):
        return _TABLE.search(value) is not None
    return isinstance(value, Shown) and value.is_block


def _jinja(pieces: list[Piece]) -> str:
    """Jinja2 source: expressions again, and texts in which no brace means anything."""
    return "".join(
        piece.replace("{", "{{'{'}}") if isinstance(piece, str) else f"{{{{{piece.value}}}}}"
        for piece in pieces
    )
