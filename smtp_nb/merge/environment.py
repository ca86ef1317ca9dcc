"""Jinja2 as a merge uses it: strict, sandboxed, and with values that are never code.

What the sandbox adds to Jinja2's own: a template calls methods of plain values only (texts,
numbers, dates, lists), so that `{{ df.to_csv("/home/…") }}` is refused as `{{ x.__class__ }}` is.
And a cell that holds nothing can be asked about (`{% if grade %}`, `{{ grade | default("-") }}`),
but printing it is an error of its row: nobody gets 'Dear nan'.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NoReturn

import pandas as pd
from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, pass_context

from smtp_nb.errors import InputError
from smtp_nb.merge.filters import FILTERS
from smtp_nb.merge.problem import RowError
from smtp_nb.merge.slots import SLOTS
from smtp_nb.merge.weaver import Weaver

Values = Mapping[str, object]

# Minified CSS has `{#id{…}`, so comments begin with one character more than Jinja2's own.
COMMENT = ("{##", "##}")

_PLAIN = (str, bytes, int, float, decimal.Decimal, datetime.date, datetime.time,
          datetime.timedelta, pd.Timestamp, pd.Timedelta, pd.Period,
          list, tuple, dict, set, frozenset, Cycler, LoopContext)  # fmt: skip
# Filters that take any text or number and give a text.
_SAFE_FILTERS = frozenset({"capitalize", "e", "escape", "lower", "title", "trim", "upper",
                           "urlencode"})  # fmt: skip
_CALLABLE = (Macro, Joiner, LoopContext)


class Unfilled(StrictUndefined):
    """A name that the row does not fill: using it is an error that knows the name."""

    __slots__ = ()

    def _fail(self, *args: object, **kwargs: object) -> NoReturn:
        name = self._undefined_name or ""
        raise RowError(self._describe(), column=str(name), remedy=self._advise())

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
        return f"Fill it in, or write {{{{ {self._undefined_name} | default('…') }}}}"

    def __bool__(self) -> bool:  # type: ignore[override]  # the base's never return
        return False


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of all templates.

    Args:
        html: True escapes every value for HTML.
        finalize: what happens to every value before it is printed.
    """

    def __init__(self, *, html: bool = False, finalize: Callable[..., Any] | None = None) -> None:
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

    def is_safe_callable(self, obj: Any) -> bool:  # Any: whatever stands in front of `(…)`
        if isinstance(obj, _CALLABLE) or any(obj is known for known in self.globals.values()):
            return True
        if isinstance(obj, Unfilled):
            str(obj)  # raises, with the name
        method = getattr(obj, "__wrapped__", obj)  # the sandbox wraps str.format
        owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
        if any(isinstance(owner, kind) and hasattr(kind, name) for kind in _PLAIN):
            return True
        # Jinja2's own words would show the object, which may be a frame full of marks.
        raise SecurityError(f"{name or type(obj).__name__}() may not be called here")


class Part:
    """One text of a template, compiled.

    Args:
        what: how errors call it: 'subject', 'html'.

    Raises:
        InputError: the template's syntax is wrong.
    """

    def __init__(self, what: str, source: str, environment: Sandbox) -> None:
        self.what = what
        self.source = source
        self._environment = environment
        try:
            tree = environment.parse(source)
            pieces = _pieces(tree)
            self.is_plain = pieces is not None and all(map(_cannot_fail, pieces))
            """True if nothing can go wrong with it in a row whose cells are all plain."""
            # Jinja2 takes milliseconds to compile what a plain template seldom needs.
            self._jinja = None if self.is_plain else environment.from_string(source)
        except TemplateSyntaxError as error:
            raise InputError(
                f"{what}, line {error.lineno}: {error.message}", remedy="Correct the template"
            ) from error
        self.names = _names(tree, environment)
        self.constant = _constant(pieces)
        self.has_words = bool(_words(pieces).strip())
        """True if it gives some visible text, whatever the cells hold."""
        # Where printing is more than that (slots), Jinja2 does it.
        is_short = self.is_plain and environment.finalize is None
        self._weaver = Weaver(pieces or [], environment) if is_short else None

    def render(self, values: Values) -> str:
        """The text for one row.

        Args:
            values: every name, the environment's globals among them.

        Raises:
            RowError: a name is not filled, or an expression fails for this row.
        """
        if self.constant is not None:
            return self.constant
        if self._weaver is not None:
            # Most templates only print cells, which needs none of Jinja2's machinery.
            try:
                return self._weaver.text(values)
            except Exception:
                return self._rendered(values)  # finds the same fault and says what it is
        return self._rendered(values)

    def _rendered(self, values: Values) -> str:
        self._jinja = template = self._jinja or self._environment.from_string(self.source)
        try:
            context = template.new_context(dict(values), shared=True)
            return "".join(template.root_render_func(context))
        except RowError:
            raise
        except InputError as error:
            raise RowError(error.description, column=self.what, remedy=error.remedy) from error
        except SecurityError as error:
            raise RowError(
                f"{self.what}: {error}",
                column=self.what,
                remedy="A template prints values, and calls methods of texts, numbers and dates",
            ) from error
        except Exception as error:
            raise RowError(
                f"{self.what}: {type(error).__name__}: {error}",
                column=self.what,
                remedy="The expression does not fit the value in this row",
            ) from error


def _names(tree: nodes.Template, environment: Sandbox) -> frozenset[str]:
    """What has to come from outside. Jinja2's own functions too: a column may be called `range`."""
    used = {name.name for name in tree.find_all(nodes.Name)}
    return frozenset(meta.find_undeclared_variables(tree) | used & environment.globals.keys())


def _pieces(tree: nodes.Template) -> list[nodes.Node] | None:
    """The texts and expressions of a template in order; None if it has statements."""
    if not all(isinstance(node, nodes.Output) for node in tree.body):
        return None
    return [piece for node in tree.body for piece in node.iter_child_nodes()]


def _constant(pieces: list[nodes.Node] | None) -> str | None:
    """The text itself if the template varies with nothing."""
    if pieces is None or not all(isinstance(piece, nodes.TemplateData) for piece in pieces):
        return None
    return _words(pieces)


def _words(pieces: list[nodes.Node] | None) -> str:
    """The texts between the expressions."""
    return "".join(piece.data for piece in pieces or () if isinstance(piece, nodes.TemplateData))


def _cannot_fail(piece: nodes.Node) -> bool:
    while isinstance(piece, nodes.Filter) and piece.name in _SAFE_FILTERS:
        if piece.args or piece.kwargs or piece.dyn_args or piece.dyn_kwargs or piece.node is None:
            return False
        piece = piece.node
    return isinstance(piece, nodes.TemplateData | nodes.Name)


@lru_cache(maxsize=2)
def environment(html: bool) -> Sandbox:
    """The environment for texts, or the one for HTML."""
    made = Sandbox(html=html)
    made.filters.update(FILTERS)
    return made


@lru_cache(maxsize=1)
def slot_environment() -> Sandbox:
    """The environment in which every printed value stands aside in a `Slots`."""

    @pass_context
    def keep(context: Any, value: object) -> str:
        if isinstance(value, Unfilled):
            str(value)  # raises
        token: str = context[SLOTS].keep(value)
        return token

    made = Sandbox(finalize=keep)
    made.filters.update(FILTERS)
    return made
