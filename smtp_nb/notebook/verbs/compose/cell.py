"""The cell that sends what a form says: a form and its cell are one thing in two spellings.

What a form sends is read from its cell, so that neither can say what the other does not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from smtp_nb.notebook.words import quoted

if TYPE_CHECKING:
    from IPython.core.inputtransformer2 import TransformerManager

    from smtp_nb.widgets.composing.letter_form import LetterForm

# A list of plain addresses, which may stand in options of their own.
_PLAIN_LIST = re.compile(r"[^\s\"'()<>:;,{}\\]+(?:\s*[,;]\s*[^\s\"'()<>:;,{}\\]+)+\s*")
_ONCE = {"sender": "--from", "reply_to": "--reply-to", "subject": "--subject"}
_MANY = {"to": "--to", "cc": "--cc", "bcc": "--bcc"}


class Cell(NamedTuple):
    """A cell of `send`.

    Attributes:
        words: of its line, after the name of the magic.
        body: None where there is none, as IPython takes no empty cell.
    """

    words: tuple[str, ...]
    body: str | None

    @property
    def line(self) -> str:
        return " ".join(quoted(word) for word in self.words)

    @property
    def source(self) -> str:
        """The whole cell."""
        mark = "%" if self.body is None else "%%"
        return f"{mark}smtp {self.line}" + ("" if self.body is None else f"\n{self.body}")

    @property
    def is_read_as_written(self) -> bool:
        """Whether IPython hands the magic what stands here; it takes prompts off, for one."""
        try:
            (call,) = ast.parse(_transformer().transform_cell(self.source)).body
        except (SyntaxError, ValueError):
            return False
        if not (isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)):
            return False
        given = [arg.value for arg in call.value.args if isinstance(arg, ast.Constant)]
        return given == ["smtp", self.line, *([] if self.body is None else [self.body])]


@cache
def _transformer() -> TransformerManager:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager()  # type: ignore[no-untyped-call]  # IPython's


def cell_of(form: LetterForm, sender: str = "") -> Cell:
    """The cell that sends what `form` says.

    Args:
        sender: who sends where a cell does not say.
    """
    body = form.body.rstrip("\n")
    return Cell(("send", *_options(form, sender)), f"{body}\n" if body.strip() else None)


def _options(form: LetterForm, sender: str) -> Iterator[str]:
    for field, option in _MANY.items():
        for value in _each(getattr(form, field)):
            yield from _option(option, value)
    for field, option in _ONCE.items():
        value = getattr(form, field)
        if value and not (field == "sender" and value == sender):
            yield from _option(option, value)
    if form.importance:
        yield from _option("--importance", form.importance)
    if form.kind != "text":
        yield f"--{form.kind}"
    if form.raw:
        yield "--raw"
    for path in form.attach:
        yield from _option("--attach", path)


def _option(name: str, value: str) -> tuple[str, ...]:
    """A value that looks like an option stands behind an equals sign."""
    return (f"{name}={value}",) if value.startswith("-") else (name, value)


def _each(text: str) -> list[str]:
    if not text:
        return []
    if not _PLAIN_LIST.fullmatch(text):
        return [text]
    return [part.strip() for part in re.split("[,;]", text)]
