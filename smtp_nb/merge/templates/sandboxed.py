"""Sandboxed environment of expressions: strict, with values that are never code.

What it adds to Jinja2's own: a template calls methods of plain values only (texts, numbers, dates,
lists) and those of frames that sum up or choose, so that `{{ df.to_csv("/home/…") }}` is refused as
`{{ x.__class__ }}` is. And nothing that
a template multiplies grows beyond what a kernel can hold.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
from jinja2 import Template
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, pass_context

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.printed import check_argument, check_length
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.unfilled import Unfilled, Unknown, suggestion
from smtp_nb.merge.templates.filters import FILTERS
from smtp_nb.merge.templates.formats import FORMATS, Formats
from smtp_nb.merge.templates.lawful import LAWFUL, SAFE_FILTERS, lawful
from smtp_nb.merge.templates.placeholders import SLOTS

# Minified CSS has `{#id{…}`, so comments begin with one character more than Jinja2's own.
COMMENT = ("{##", "##}")

_PLAIN = (str, bytes, int, float, decimal.Decimal, datetime.date, datetime.time,
          datetime.timedelta, pd.Timestamp, pd.Timedelta, pd.Period,
          list, tuple, dict, set, frozenset, Cycler, LoopContext)  # fmt: skip
_CALLABLE = (Macro, Joiner, LoopContext)
# Methods of frames and their columns that sum up, choose, sort and name, and reach nothing else.
_FRAMES = (pd.DataFrame, pd.Series, pd.Index)
_OF_FRAMES = frozenset({
    "abs", "count", "cumsum", "drop", "drop_duplicates", "head", "idxmax", "idxmin", "max", "mean",
    "median", "min", "nlargest", "nsmallest", "nunique", "quantile", "rename", "round",
    "sort_index", "sort_values", "std", "sum", "tail", "to_list", "tolist", "unique",
    "value_counts",
})  # fmt: skip


# No template needs the power of a number with more digits than this.
_MAX_BITS = 4096


class Own:
    """What one template brings along: its formats, filters and functions.

    Raises:
        InputError: a filter or a function cannot be called, or its name cannot be given.
    """

    def __init__(
        self,
        formats: Formats | None = None,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.formats = formats or Formats()
        self.filters = {n: _filter(f) for n, f in _checked("filter", filters).items()}
        self.functions = _checked("function", functions)

    def environments(self) -> Environments:
        """The environments of this template."""
        return Environments(
            Sandbox(own=self), Sandbox(html=True, own=self), Sandbox(finalize=_keep, own=self)
        )


def _checked(
    what: str, given: Mapping[str, Callable[..., Any]] | None
) -> dict[str, Callable[..., Any]]:
    for name, function in (given or {}).items():
        if not callable(function):
            raise InputError(f"the {what} {name!r} is {type(function).__name__}, not a function")
        if not name.isidentifier() or (what == "filter" and name in SAFE_FILTERS):
            raise InputError(f"a {what} cannot be called {name!r}", remedy="Give it another name")
    return dict(given or {})


def _filter(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of the user's, which gets no empty cell to make a text of."""

    def apply(value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, Unfilled):
            str(value)  # raises, with the name
        return function(value, *args, **kwargs)

    return apply


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of all templates.

    Args:
        html: True escapes every value for HTML.
        finalize: what happens to every value before it is printed.
        own: what one template has of its own.
    """

    intercepted_binops = frozenset({"%", "*", "**", "+"})

    def __init__(
        self,
        *,
        html: bool = False,
        finalize: Callable[..., Any] | None = None,
        own: Own | None = None,
    ) -> None:
        super().__init__(
            autoescape=html,
            undefined=Unfilled,
            comment_start_string=COMMENT[0],
            comment_end_string=COMMENT[1],
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=finalize,
        )
        del self.globals["lipsum"]
        own = own or Own()
        self.formats = own.formats
        self.filters.update({**LAWFUL, **FILTERS, **FORMATS, **own.filters})
        self.globals.update(own.functions)

    def lawful(self, source: str, is_quiet: bool = False) -> Template:
        """The template, compiled, with the law in front of all that it prints."""
        return self.from_string(lawful(self.parse(source), is_quiet))

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and (attribute in obj or not hasattr(obj, attribute)):
            return self.getitem(obj, attribute)  # a column, or entry, called `items`
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict) and isinstance(argument, str) and argument not in obj:
            return Unknown(argument, suggestion(argument, obj))
        return super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        _check_operation(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        method = getattr(__obj, "__wrapped__", __obj)  # the sandbox wraps str.format
        if isinstance(getattr(__obj, "__self__", None), _FRAMES) and kwargs.get("inplace"):
            raise SecurityError("inplace= may not be given here")  # the frame is not this row's own
        if isinstance(getattr(method, "__self__", None), str):
            for argument in (*args, *kwargs.values()):
                check_argument(argument)
        return super().call(__context, __obj, *args, **kwargs)

    def is_safe_callable(self, obj: Any) -> bool:  # Any: whatever stands in front of `(…)`
        if isinstance(obj, _CALLABLE) or any(obj is known for known in self.globals.values()):
            return True
        if isinstance(obj, Unfilled):
            str(obj)  # raises, with the name
        method = getattr(obj, "__wrapped__", obj)  # the sandbox wraps str.format
        owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
        if any(isinstance(owner, kind) and hasattr(kind, name) for kind in _PLAIN):
            return True
        # pandas wraps some of its methods too, and then the owner is the wrapper's.
        if isinstance(getattr(obj, "__self__", None), _FRAMES) and name in _OF_FRAMES:
            return True
        # Jinja2's own words would show the object, which may be a frame full of marks.
        raise SecurityError(f"{name or type(obj).__name__}() may not be called here")


def _check_operation(operator: str, left: Any, right: Any) -> None:
    """Refuse what makes a text too long, a number too large, or Python's own words of a value."""
    sized = [one for one in (left, right) if isinstance(one, str | list | tuple)]
    if operator == "%" and isinstance(left, str):
        for value in right if isinstance(right, tuple) else (right,):
            check_argument(value)
    elif operator == "+" and len(sized) == 2:
        check_length(len(left) + len(right), "a value")
    elif operator == "*" and sized:
        factor = right if sized[0] is left else left
        if isinstance(factor, int):
            check_length(len(sized[0]) * factor, "a value")
    elif operator in ("*", "**") and isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * right if operator == "**" else left.bit_length()
        if bits > _MAX_BITS:
            raise RowError(f"the number {operator} {right} would be too large to read")


@pass_context
def _keep(context: Any, value: object) -> str:
    token: str = context[SLOTS].keep(value)
    return token


@dataclass(frozen=True, slots=True)
class Environments:
    """Where a template's parts are compiled.

    Attributes:
        text: for plain texts.
        html: every value is escaped.
        slots: every printed value stands aside in a `Slots`.
    """

    text: Sandbox
    html: Sandbox
    slots: Sandbox


@lru_cache(maxsize=1)
def standard() -> Environments:
    """The environments of templates that have nothing of their own."""
    return Own().environments()
