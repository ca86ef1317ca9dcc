"""Compiled texts and expressions of a template.

A cell that holds nothing can be asked about (`{% if grade %}`, `{{ grade | default("-") }}`), but
printing it is an error of its row: no one gets 'Dear nan'. What else may be printed is the law of
`printed`; `lawful` puts it into the templates.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.printed import check_length
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.unfilled import Unfilled
from smtp_nb.merge.templates.lawful import OWN_SELF, ROW, SAFE_FILTERS, SELF, WHOLE_ROW
from smtp_nb.merge.templates.plain_template import Hole, PlainTemplate
from smtp_nb.merge.templates.sandboxed import Sandbox, standard
from smtp_nb.model.address import CONTROLS

Values = Mapping[str, object]

_NO_FILTER = re.compile(r"No filter named '(\w+)'")
# `{{ First name }}`, `{{ 2nd }}`, `{% if Price € %}`, which are no Jinja2.
_PLACES = re.compile(
    r"(?:\{\{-?|\{%-?\s*(?:el)?if)\s*(\w[^\n{}|\"'()\[\]+*/~,=<>!:%-]*?)\s*-?[|}%]"
)
_IS_JINJA = re.compile(r"[^\W\d]\w*(?:\.\w+)*\Z|[\d.]+\Z|.*\b(?:if|else|and|or|not|in|is)\b")


class Part:
    """One text of a template, compiled.

    Args:
        what: how errors call it: 'subject', 'html'.
        is_quiet: nothing that it prints is remarked upon.

    Raises:
        InputError: the template's syntax is wrong.
    """

    def __init__(
        self, what: str, source: str, environment: Sandbox, is_quiet: bool = False
    ) -> None:
        self._is_quiet = is_quiet
        self.what = what
        self.source = source
        self._environment = environment
        try:
            tree = environment.parse(source)
            pieces = _pieces(tree)
            self.is_plain = pieces is not None and all(map(_cannot_fail, pieces))
            """True if nothing can go wrong with it in a row whose cells are all plain."""
            # Jinja2 takes milliseconds to compile what a plain template seldom needs.
            self._jinja = None if self.is_plain else environment.lawful(source, is_quiet)
        except TemplateSyntaxError as error:
            raise InputError(
                f"{what}, line {error.lineno}: {error.message}",
                remedy=_correction(source, error, environment),
            ) from error
        self.names = _names(tree, environment)
        self.constant = _constant(pieces)
        self.words = _words(pieces)
        """The texts between its expressions."""
        self.has_words = bool(self.words.strip())
        """True if it gives some visible text, whatever the cells hold."""
        # Where printing is more than that (slots), Jinja2 does it.
        is_short = self.is_plain and environment.finalize is None
        self._weaver = PlainTemplate(pieces or [], environment) if is_short else None

    @property
    def pieces(self) -> list[str | Hole] | None:
        """Its texts and holes in order; None if it does more than print cells."""
        return None if self._weaver is None else self._weaver.pieces

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
                return self._rendered(values)  # finds the same fault, or oddity, and names it
        return self._rendered(values)

    def line(self, values: Values) -> str:
        """The same for the value of a header: one line, whatever the cells hold.

        Raises:
            RowError: it would hold a control character too.
        """
        line = self.render(values)
        if found := CONTROLS.search(line):
            raise RowError(
                f"{self.what} would hold the control character {found[0]!a}",
                column=next(iter(self.names)) if len(self.names) == 1 else self.what,
                remedy="Remove it from the cell: a header is one line",
            )
        return line

    def _rendered(self, values: Values) -> str:
        self._jinja = template = self._jinja or self._environment.lawful(
            self.source, self._is_quiet
        )
        with _translated(self.what):
            context = template.new_context(_named(values), shared=True)
            return self._bounded(template.root_render_func(context))

    def _bounded(self, pieces: Iterable[str]) -> str:
        """The pieces as one text, no longer than a text may be."""
        found: list[str] = []
        length = 0
        for piece in pieces:
            length += len(piece)
            check_length(length, f"the {self.what}")
            found.append(piece)
        return "".join(found)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Whatever an expression raises, as an error of its row."""
    try:
        yield
    except InputError as error:
        column = getattr(error, "column", "") or what
        raise RowError(error.description, column=column, remedy=error.remedy) from error
    except SecurityError as error:
        raise RowError(
            f"{what}: {error}",
            column=what,
            remedy="Call methods of texts, numbers and dates, of frames those that sum up or choose"
            " (sum, mean, head, sort_values), or a function of your own: Template(functions=…)",
        ) from error
    except Exception as error:
        raise RowError(
            f"{what}: {type(error).__name__}: {error}",
            column=what,
            remedy="Correct the expression or the value: they do not fit in this row",
        ) from error


class Expression:
    """An expression whose value is wanted, not its text: `orders`, `rows[["item", "qty"]]`.

    Args:
        what: how errors call it.
        source: with or without its braces.

    Raises:
        InputError: the syntax is wrong.
    """

    def __init__(self, what: str, source: str, environment: Sandbox) -> None:
        self.what = what
        self.source = source.strip().removeprefix("{{").removesuffix("}}").strip()
        try:
            tree = environment.parse(f"{{{{ {self.source} }}}}")
            self.names = _names(tree, environment)
            self._value = environment.compile_expression(self.source, undefined_to_none=False)
        except TemplateSyntaxError as error:
            raise InputError(
                f"{what}: {error.message}",
                remedy=_correction(f"{{{{ {self.source} }}}}", error, environment),
            ) from error

    def value(self, values: Values) -> Any:  # whatever stands in the cell
        """The value for one row.

        Raises:
            RowError: the expression fails for this row.
        """
        with _translated(self.what):
            return self._value(_named(values))


def expression_alone(what: str, source: str, environment: Sandbox) -> Expression | None:
    """The expression, if the source is one and nothing else."""
    inner = source.strip()
    if not (inner.startswith("{{") and inner.endswith("}}")) or inner.count("{{") != 1:
        return None
    return Expression(what, source, environment)


def _named(values: Values) -> dict[str, object]:
    """The values, with those that Jinja2 would hide under names of their own."""
    named = dict(values)
    named.setdefault(WHOLE_ROW, named.get(ROW))
    named[OWN_SELF] = named.get(SELF, Unfilled(name=SELF))
    return named


def _correction(source: str, error: TemplateSyntaxError, environment: Sandbox) -> str:
    """What to do about a template that is none."""
    if found := _NO_FILTER.match(error.message or ""):
        near = difflib.get_close_matches(found[1], environment.filters, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        return (
            f"{meant}Filters of your own are given as Template(filters={{{found[1]!r}: function}})"
        )
    for written in _PLACES.findall(source):
        if not _IS_JINJA.match(written):
            return f'Did you mean {{{{ row["{written}"] }}}}?'
    return "Correct the template"


def _names(tree: nodes.Template, environment: Sandbox) -> frozenset[str]:
    """What has to come from outside. Jinja2's own functions too: a column may be called `range`."""
    used = {name.name for name in tree.find_all(nodes.Name)}
    own = used & (environment.globals.keys() | {SELF})
    return frozenset(meta.find_undeclared_variables(tree) | own)


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
    while isinstance(piece, nodes.Filter) and piece.name in SAFE_FILTERS:
        if piece.args or piece.kwargs or piece.dyn_args or piece.dyn_kwargs or piece.node is None:
            return False
        piece = piece.node
    return isinstance(piece, nodes.TemplateData | nodes.Name)


def environment(html: bool) -> Sandbox:
    """The standard environment for texts, or the one for HTML."""
    return standard().html if html else standard().text
