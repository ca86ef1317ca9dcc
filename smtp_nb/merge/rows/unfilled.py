"""Undefined template names, with suggestions."""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Hashable, Iterable
from typing import NoReturn

from jinja2 import StrictUndefined, Undefined

from smtp_nb.merge.rows.problem import RowError

_WORDS = re.compile(r"\w+")
# Words of Jinja2's own, which are no names.
_RESERVED = frozenset({"true", "false", "none", "True", "False", "None", "and", "or", "not", "is",
                       "in", "if", "else", "self", "row"})  # fmt: skip


class Unfilled(StrictUndefined):
    """A name that the row does not fill: using it is an error that knows the name."""

    __slots__ = ()

    def _fail(self, *args: object, **kwargs: object) -> NoReturn:
        name = self._undefined_name
        column = "" if name is None else str(name)
        raise RowError(self._describe(), column=column, remedy=self._advise())

    def _describe(self) -> str:
        return f"the template uses a name that nothing fills: {self._undefined_message}"

    def _advise(self) -> str:
        return "Use the name of a column, or give the value in context="


# Jinja2 gives each way of using a value the one method that fails; here it is ours.
for _name in {name for kind in (Undefined, StrictUndefined) for name in vars(kind)}:
    if getattr(StrictUndefined, _name) is Undefined._fail_with_undefined_error:
        setattr(Unfilled, _name, Unfilled._fail)


class Empty(Unfilled):
    """A cell that holds nothing. It is false, and `default` replaces it."""

    __slots__ = ()

    def _describe(self) -> str:
        return f"the cell in column {self._undefined_name!r} is empty"

    def _advise(self) -> str:
        return f"Fill it in, or write {{{{ {spelling(self._undefined_name)} | default('…') }}}}"

    def __bool__(self) -> bool:  # type: ignore[override]  # the base's never return
        return False


class EmptyEntry(Empty):
    """The same in a record, or a list, that stands in a cell."""

    __slots__ = ()

    def _describe(self) -> str:
        return f"the entry {self._undefined_name!r} in a cell is empty"

    def _advise(self) -> str:
        return f"Fill it in, or write {{{{ ….{self._undefined_name} | default('…') }}}}"


class Unknown(Unfilled):
    """A name that no column has, and what was meant by it."""

    __slots__ = ("_meant",)

    def __init__(self, name: str, meant: str) -> None:
        super().__init__(name=name)
        self._meant = meant

    def _describe(self) -> str:
        return f"the template uses a name that nothing fills: {self._undefined_name!r} is undefined"

    def _advise(self) -> str:
        return self._meant or super()._advise()


def spelling(name: object) -> str:
    """How a template spells a column: by its name, or in the row if that is no name."""
    text = str(name)
    is_name = text.isidentifier() and not keyword.iskeyword(text) and text not in _RESERVED
    return text if is_name else f'row["{text}"]'


def suggestion(name: str, columns: Iterable[Hashable], source: str = "") -> str:
    """The sentence that asks for the column that was meant; empty if none comes near.

    Args:
        source: the template, in which `{{ e-mail }}` asks for `e` and `mail`.
    """
    known = [column for column in columns if isinstance(column, str)]
    for column in known:
        if not column.isidentifier() and name in _WORDS.findall(column):
            shape = r"\s*".join(map(re.escape, _WORDS.findall(column)))
            if re.search(rf"\{{[{{%]-?\s*{re.escape(column)}", source) or re.search(shape, name):
                return f"Did you mean {{{{ {spelling(column)} }}}}?"
    spelled = {folded(column): column for column in reversed(known)}
    near = difflib.get_close_matches(folded(name), spelled, n=1, cutoff=0.65)
    return f"Did you mean {{{{ {spelling(spelled[near[0]])} }}}}?" if near else ""


def folded(name: object) -> str:
    """A name without what people leave out: case, spaces, marks."""
    return "".join(filter(str.isalnum, str(name).casefold())) or str(name)
