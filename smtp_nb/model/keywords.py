"""Signatures with keywords that are declared elsewhere.

As `**properties` they are one word of a signature, and Shift-Tab would not show them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any, TypeVar

# Any: a decorator returns the same function that it got.
F = TypeVar("F", bound=Callable[..., Any])


def shows_keywords(defaults: Mapping[str, object]) -> Callable[[F], F]:
    """Decorate a function that takes `**keywords`: its signature lists them with their defaults."""
    keywords = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default)
        for name, default in defaults.items()
    ]

    def decorate(function: F) -> F:
        written = signature(function)
        own = [p for p in written.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
        whole = written.replace(parameters=[*own, *keywords])
        function.__signature__ = whole  # type: ignore[attr-defined]  # which `inspect` looks at
        return function

    return decorate
