"""Verbs and their requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from smtp_nb.notebook.syntax import Argument, Option, Syntax

if TYPE_CHECKING:
    from smtp_nb.notebook.state import NotebookState


class CellBody(Enum):
    """Whether the cell below the line belongs to the verb."""

    NONE = auto()
    OPTIONAL = auto()
    REQUIRED = auto()


@dataclass(frozen=True, slots=True)
class VerbRequest:
    """One call of a verb.

    Attributes:
        state: what the notebook keeps between its cells.
        syntax: of the verb, for its errors.
        values: options and arguments by key, `{{ … }}` filled in.
        body: the cell below the line; None for a line.
        namespace: the user's variables.
    """

    state: NotebookState
    syntax: Syntax
    values: Mapping[str, Any]
    body: str | None
    namespace: Mapping[str, object]

    def text(self, key: str, default: str = "") -> str:
        """A value, or `default` if it was not given."""
        value = self.values[key]
        return default if value is None else str(value)

    def texts(self, key: str) -> list[str]:
        """All values of an option that may stand several times."""
        return list(self.values[key])

    def flag(self, key: str) -> bool:
        return bool(self.values[key])

    def number(self, key: str) -> int | None:
        value = self.values[key]
        return None if value is None else int(value)

    def variable(self, name: str) -> object:
        """What the user's variable `name` holds.

        Raises:
            UsageError: there is no such variable.
        """
        if name not in self.namespace:
            raise self.syntax.error(f"the variable {name!r} is not defined")
        return self.namespace[name]

    def evaluated(self, text: str) -> object:
        """What a variable holds, or what an expression such as `df[df.paid == False]` gives.

        Raises:
            UsageError: no such variable, no expression, or it fails; says how.
        """
        if text.isidentifier():
            return self.variable(text)
        try:
            code = compile(text, "<%smtp>", "eval")
            return eval(code, self.state.shell.user_ns, self.namespace)
        except SyntaxError as error:
            raise self.syntax.error(
                f"{text} is neither a variable nor an expression: {error.msg}; put an expression"
                " into quotes"
            ) from None
        except Exception as error:  # of any class: it is the user's own code
            raise self.syntax.error(f"{text} failed: {type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class Verb:
    """`%smtp send` and its like.

    Attributes:
        name: one word or two.
        summary: what it does, in one sentence.
        run: does it; what it returns is what the cell shows.
        example: one line, or several for a cell.
        glossary: values of its argument with what each means, for `--help`.
    """

    name: str
    summary: str
    run: Callable[[VerbRequest], object]
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    body: CellBody = CellBody.NONE
    example: str = ""
    glossary: tuple[tuple[str, str], ...] = ()

    @property
    def syntax(self) -> Syntax:
        return Syntax(self.name, self.arguments, self.options)
