"""Template rewriting, so that the rules of `printed` hold wherever a value becomes text.

A value is printed by `{{ … }}`, by `~`, and by the filters and methods that make texts of what they
are given. The first two are found in the template's tree, which also knows how a value is spelled;
the filters are Jinja2's own with the law in front.

The tree is the place for the names that Jinja2 keeps for itself, too: `self` is a column's name
here, and `row["…"]` is the whole row, where a column is called `row` as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from jinja2 import Environment, nodes
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import do_join, make_attrgetter
from jinja2.utils import pass_context, pass_eval_context
from jinja2.visitor import NodeTransformer

from smtp_nb.merge.rows.printed import NOTES, printed
from smtp_nb.merge.templates.formats import FORMATS

# Under this name a template finds the whole row, with the columns that are no Python names.
ROW = "row"
SELF = "self"
# Names that stand in templates for these two; no template has a reason to spell them.
WHOLE_ROW = "row__of__the__frame"
OWN_SELF = "self__of__the__row"

# The filter through which everything goes that is printed; no template can spell it.
LAW = "as text"
_QUIET = "as text without remarks"

# Filters that take any text or number and give a text.
SAFE_FILTERS = frozenset({"capitalize", "e", "escape", "lower", "nl2br", "title", "trim", "upper",
                          "urlencode"})  # fmt: skip
_OF_TEXT = ("capitalize", "center", "e", "escape", "forceescape", "indent", "lower", "replace",
            "string", "striptags", "title", "trim", "truncate", "upper", "urlencode", "urlize",
            "wordcount", "wordwrap")  # fmt: skip


def lawful(tree: nodes.Template, is_quiet: bool = False) -> nodes.Template:
    """The template with the law in front of every value that it prints.

    Args:
        is_quiet: nothing is remarked upon, because an empty text is as good as another here.
    """
    bound = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    law = _QUIET if is_quiet else LAW
    found: nodes.Template = _Lawful(tree.environment, bound, law).visit(tree)
    return found


class _Lawful(NodeTransformer):
    def __init__(self, environment: Environment | None, bound: set[str], law: str) -> None:
        self._environment = environment
        self._bound = bound
        self._law = law

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        node.nodes = [self._printed(one) for one in node.nodes]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Concat:
        node.nodes = [self._printed(one) for one in node.nodes]
        return node

    def visit_Name(self, node: nodes.Name) -> nodes.Name:
        if node.name == SELF and node.ctx == "load" and SELF not in self._bound:
            node.name = OWN_SELF
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        spelling = spelled(node.node)
        own = self._environment.filters.get(node.name) if self._environment else None
        if spelling and own is not None and own is FORMATS.get(node.name):
            named: list[Any] = node.kwargs  # which Jinja2 declares as another kind of pair
            named.append(nodes.Keyword("of", nodes.Const(spelling)))
        return self.generic_visit(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        return self._visit_path(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        return self._visit_path(node)

    def _visit_path(self, node: nodes.Getattr | nodes.Getitem) -> nodes.Node:
        if isinstance(node.node, nodes.Name) and node.node.name == ROW and ROW not in self._bound:
            node.node.name = WHOLE_ROW
        return self.generic_visit(node)

    def _printed(self, node: nodes.Expr) -> nodes.Expr:
        if isinstance(node, nodes.TemplateData):
            return node
        spelling = nodes.Const(spelled(node))
        value: nodes.Expr = self.visit(node)
        wrapped = nodes.Filter(value, self._law, [spelling], [], None, None, lineno=node.lineno)
        if self._environment is not None:
            wrapped.set_environment(self._environment)
        return wrapped


def spelled(node: nodes.Node | None) -> str:
    """A name or a path from one, as the template spells it; an empty text for all else."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr() if before := spelled(node.node):
            return f"{before}.{node.attr}"
        case nodes.Getitem(arg=nodes.Const(value=value)) if before := spelled(node.node):
            return f'{before}["{value}"]' if isinstance(value, str) else f"{before}[{value!r}]"
        case nodes.Filter() if node.name in SAFE_FILTERS and not node.args:
            return spelled(node.node)
    return ""


@pass_context
def _law(context: Any, value: object, spelling: str) -> object:
    return printed(value, spelling, context.get(NOTES))


@pass_context
def _quiet_law(context: Any, value: object, spelling: str) -> object:
    return printed(value, spelling)


def _of_text(filter_: Callable[..., Any]) -> Callable[..., Any]:
    at = int(hasattr(filter_, "jinja_pass_arg"))  # what Jinja2 puts in front of the value

    @wraps(filter_)
    def apply(*args: Any, **kwargs: Any) -> Any:
        value = args[at]
        if not isinstance(value, dict | list | tuple) or filter_.__name__ != "do_urlencode":
            value = printed(value)
        return filter_(*args[:at], value, *args[at + 1 :], **kwargs)

    return apply


@pass_eval_context
def join(context: Any, value: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
    """`{{ tags | join(", ") }}`: the items one after the other, each as it would be printed."""
    if attribute is not None:
        value = map(make_attrgetter(context.environment, attribute), value)
    joined: str = do_join(context, [printed(one) for one in value], d)
    return joined


LAWFUL: dict[str, Callable[..., Any]] = {
    **{name: _of_text(JINJA_FILTERS[name]) for name in _OF_TEXT},
    "join": join,
    LAW: _law,
    _QUIET: _quiet_law,
}
