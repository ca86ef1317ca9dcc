"""Rendering of `{{ name }}` from the user's variables, strict and sandboxed as in merges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from smtp_nb.errors import InputError

if TYPE_CHECKING:
    from smtp_nb.merge.rows.problem import RowError


def fill(what: str, text: str, namespace: Mapping[str, object]) -> str:
    """`text` with its expressions filled in, as plain text.

    Raises:
        InputError: a name is not there, or an expression fails; nothing is sent half filled.
    """
    if "{" not in text:
        return text
    from smtp_nb.merge.rows.problem import RowError
    from smtp_nb.merge.templates.environment import Part, environment

    plain = environment(html=False)
    part = Part(what, text, plain)
    values = only(part.names, namespace)
    try:
        return part.render({**plain.globals, **values})
    except RowError as error:
        raise in_notebook(error, part.names - values.keys()) from error


def in_notebook(error: RowError, missing: frozenset[str]) -> InputError:
    """The error of a template where names are variables, not columns.

    Args:
        missing: names that the template uses and no variable has.
    """
    if error.column not in missing:
        return error
    remedy = f"Define {error.column} in a cell above; %%smtp send --raw leaves a body as it stands"
    return InputError(error.description, remedy=remedy)


def only(names: frozenset[str], namespace: Mapping[str, object]) -> dict[str, object]:
    """The variables with these names, those that are there."""
    return {name: namespace[name] for name in names if name in namespace}
