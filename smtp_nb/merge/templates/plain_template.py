"""Plain templates, which only print cells: filled in without Jinja2.

Long stretches that no cell has a part in are `SharedText`es of the text, which are encoded once for
all rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from markupsafe import Markup, escape

from smtp_nb.compose.text import SegmentedText, SharedText
from smtp_nb.merge.rows.printed import is_ordinary, is_ordinary_number, number_text

if TYPE_CHECKING:
    from jinja2 import Environment

# Shorter stretches cost more to put in than to encode anew.
MIN_STRETCH = 2048
_SPECIAL = re.compile(r"[&<>\"']")

# The name of a cell, and the filters that its value goes through. They take and give what Jinja2's
# filters take and give, hence Any.
Hole = tuple[str, tuple[Callable[[Any], Any], ...]]
Values = Mapping[str, object]


class PlainTemplate:
    """A plain template: texts, and expressions that are a name with filters behind it.

    Args:
        pieces: the template in order.
    """

    def __init__(self, pieces: Sequence[nodes.Node], environment: Environment) -> None:
        shown = _escaped if environment.autoescape else plain_text
        self.pieces = [_read(piece, environment) for piece in pieces]
        """The texts and holes in order."""
        runs = list(_runs(self.pieces))
        self._runs = [run if isinstance(run, SharedText) else _Run(run, shown) for run in runs]

    def text(self, values: Values) -> str:
        """The text for one row.

        Raises:
            Exception: whatever a filter raises, or a value that wants the law's word.
        """
        first, *more = self._runs
        if isinstance(first, _Run) and not more:
            return first.filled(values)
        return SegmentedText(
            [run if isinstance(run, SharedText) else run.filled(values) for run in self._runs]
        )


class _Run:
    """Texts and holes in turn."""

    def __init__(self, pieces: list[str | Hole], shown: Callable[[object], str]) -> None:
        self._texts = [piece if isinstance(piece, str) else "" for piece in pieces]
        self._holes = [(at, *hole) for at, hole in enumerate(pieces) if not isinstance(hole, str)]
        self._shown = shown

    def filled(self, values: Values) -> str:
        texts, shown = self._texts.copy(), self._shown
        for at, name, filters in self._holes:
            value = values[name]
            for apply in filters:
                value = apply(value)
            texts[at] = shown(value)
        return "".join(texts)


def _read(piece: nodes.Node, environment: Environment) -> str | Hole:
    if isinstance(piece, nodes.TemplateData):
        return piece.data
    filters: list[Callable[[Any], Any]] = []
    while isinstance(piece, nodes.Filter) and piece.node is not None:
        filters.insert(0, environment.filters[piece.name])
        piece = piece.node
    return (piece.name if isinstance(piece, nodes.Name) else "", tuple(filters))


def _runs(pieces: Sequence[str | Hole]) -> Iterator[list[str | Hole] | SharedText]:
    """The template cut into long stretches of whole lines, and what is between them."""
    run: list[str | Hole] = []
    for piece in pieces:
        if isinstance(piece, str):
            # The line that a cell stands in varies as a whole.
            start = piece.find("\n") + 1 if run else 0
            end = piece.rfind("\n") + 1
            if end - start >= MIN_STRETCH and (start or not run):
                if start or run:
                    yield [*run, piece[:start]]
                yield SharedText(piece[start:end])
                run, piece = [], piece[end:]
        if piece:
            run.append(piece)
    yield run


def plain_text(value: object) -> str:
    """What can be printed without a remark; all else is left to Jinja2 and the law."""
    if is_ordinary(value):
        return str(value)
    if type(value) is float and is_ordinary_number(value):
        return number_text(value)
    if type(value) is Markup:
        return value
    raise ValueError("not for the short way")


def _escaped(value: object) -> str:
    text = plain_text(value)
    if _SPECIAL.search(text) is None:
        return text  # most values, and a third of the time
    return escape(text)
