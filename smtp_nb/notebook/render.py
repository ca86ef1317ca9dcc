"""Fills `{{ name }}` from the user's variables, with the renderer of merges: strict, sandboxed."""

from __future__ import annotations

from collections.abc import Mapping

from smtp_nb.errors import InputError
from smtp_nb.merge.environment import Part, environment
from smtp_nb.merge.problem import RowError


def fill(what: str, text: str, namespace: Mapping[str, object]) -> str:
    """`text` with its expressions filled in, as plain text.

    Raises:
        InputError: a name is not there, or an expression fails; nothing is sent half filled.
    """
    if "{" not in text:
        return text
    plain = environment(html=False)
    part = Part(what, text, plain)
    return part_of(part, {**plain.globals, **only(part.names, namespace)})


def part_of(part: Part, values: Mapping[str, object]) -> str:
    """Render a part; an error speaks of variables, not of columns."""
    try:
        return part.render(values)
    except RowError as error:
        raise unfilled(error) from error


def unfilled(error: RowError) -> InputError:
    """The error of a template, with advice that fits a notebook."""
    return InputError(
        error.description, remedy="Define it in a cell above, or give --raw to send it as it stands"
    )


def only(names: frozenset[str], namespace: Mapping[str, object]) -> dict[str, object]:
    """The variables with these names, those that are there."""
    return {name: namespace[name] for name in names if name in namespace}
