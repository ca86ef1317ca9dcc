"""Signatures as the reference shows them: all parameters with their types and defaults."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping

# A signature with more keywords than this is a component's: its properties have their own page.
_ALL_PROPERTIES = 30
_FIRST = ("self", "cls")


class _Words:
    """A type or a default as it is written in the source."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def shown(called: Callable[..., object], types: Mapping[str, str] | None = None) -> str:
    """Return `(a: str, *, b: int = 3) -> str`; of a class, that of its constructor.

    Args:
        types: of parameters that have none in the signature.
    """
    signature = inspect.signature(called)
    returned = signature.return_annotation
    if inspect.isclass(called) or returned is inspect.Signature.empty:
        returned = inspect.Signature.empty
    else:
        returned = _Words(_annotation(returned))
    parameters = list(_parameters(signature, types or {}))
    return str(signature.replace(parameters=parameters, return_annotation=returned))


def _parameters(
    signature: inspect.Signature, types: Mapping[str, str]
) -> Iterator[inspect.Parameter]:
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    has_all = kinds.count(inspect.Parameter.KEYWORD_ONLY) > _ALL_PROPERTIES
    for place, parameter in enumerate(signature.parameters.values()):
        if (place == 0 and parameter.name in _FIRST) or (
            has_all and parameter.kind is inspect.Parameter.KEYWORD_ONLY
        ):
            continue
        yield _plain(parameter, types.get(parameter.name, ""))
    if has_all:
        yield inspect.Parameter("properties", inspect.Parameter.VAR_KEYWORD)


def _plain(parameter: inspect.Parameter, known: str) -> inspect.Parameter:
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty and known:
        annotation = known
    if annotation is not inspect.Parameter.empty:
        annotation = _Words(_annotation(annotation))
    default = parameter.default
    if default is not inspect.Parameter.empty:
        default = _Words(_default(default))
    return parameter.replace(annotation=annotation, default=default)


def _annotation(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(value: object) -> str:
    """A default; what has no repr that one could type is an ellipsis."""
    text = repr(value)
    return "..." if re.search(r"[<>\n]", text) else text
