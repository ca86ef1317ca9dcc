"""Types of arguments: a value of another type is refused where it is given.

Python looks at no type, so that a list for a subject would fail far from the call, in words about
the inside of this library. What an annotation leaves open, such as a member of an enumeration or
its name, the door checks by itself.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import wraps
from inspect import Parameter, signature
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin

from smtp_nb.errors import ArgumentRefused

F = TypeVar("F", bound=Callable[..., Any])  # a class or a function
C = TypeVar("C", bound=Callable[..., Any])
# What stands in an annotation, what is accepted for it, and how an error calls it.
_KNOWN: dict[Any, tuple[type, str]] = {
    str: (str, "a string"),
    bool: (int, "True or False"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    bytes: (bytes, "bytes"),
    bytearray: (bytearray, ""),
    memoryview: (memoryview, ""),
    None: (types.NoneType, "None"),
    types.NoneType: (types.NoneType, "None"),
    os.PathLike: (os.PathLike, "a path"),
    Mapping: (Mapping, "a mapping"),
    Sequence: (Sequence, "a list"),
    Iterable: (Iterable, "a list"),
    list: (list, "a list"),
    tuple: (tuple, "a tuple"),
    Hashable: (Hashable, "a name"),
}


_HOLDERS = (Mapping, Sequence, Iterable, list, tuple)
_OCTETS = (bytes, bytearray, memoryview)


class _Rule(NamedTuple):
    """One type that an argument may have, and the rules of what is in it."""

    expected: type
    word: str
    inner: tuple[_Rules, ...]

    def allows(self, value: object) -> bool:
        if isinstance(value, bool):
            return self.word == "True or False" or self.expected is Hashable
        if not isinstance(value, self.expected):
            # numpy's is no number to Python.
            return self.word == "True or False" and type(value).__name__ == "bool"
        if isinstance(value, _OCTETS) and self.inner:
            return False  # Python takes them for a list of numbers
        return all(_allows(rules, item) for rules, item in self.items(value))

    def items(self, value: object) -> Iterator[tuple[_Rules, object]]:
        """What is in it; nothing of an iterator, which would be used up."""
        if isinstance(value, dict) and len(self.inner) > 1:
            for entry in value.items():
                yield from zip(self.inner, entry, strict=False)
        elif isinstance(value, list | tuple | set | frozenset) and len(self.inner) == 1:
            yield from ((self.inner[0], item) for item in value)


_Rules = tuple[_Rule, ...]  # any of them; none of them allow everything


def typed_arguments(door: F) -> F:
    """Decorate a class or a function: its arguments have the types of its annotations.

    Raises, where it is called:
        ArgumentRefused: an argument has another type; the text names both, and not the value.
    """
    if not isinstance(door, type):
        return _checked(door, door, vars(sys.modules[door.__module__]))
    written: Callable[..., None] = vars(door)["__init__"]
    checked = _checked(written, door, vars(sys.modules[door.__module__]))
    type.__setattr__(door, "__init__", checked)
    return door


def _checked(written: C, door: Callable[..., Any], names: dict[str, Any]) -> C:
    parameters = signature(written).parameters
    order = list(parameters)
    rules: dict[str, _Rules] = {}  # filled as they are needed: an import stays fast

    def rules_of(name: str) -> _Rules:
        if name not in rules:
            known = name in parameters
            rules[name] = _read(parameters[name].annotation, names) if known else ()
        return rules[name]

    # Any: of all doors.
    @wraps(written)
    def checked(*args: Any, **keywords: Any) -> Any:
        given = {**dict(zip(order, args, strict=False)), **keywords}
        value: object = None
        try:
            for name, value in given.items():
                if not _allows(rules_of(name), value):
                    raise _refused(door, name, rules_of(name), value)
            return written(*args, **keywords)
        finally:
            del args, keywords, given  # what raised has this frame in its traceback
            value = None

    return checked  # type: ignore[return-value]  # it takes and returns what the other does


def _allows(rules: _Rules, value: object) -> bool:
    return not rules or any(rule.allows(value) for rule in rules)


def _refused(door: Callable[..., Any], name: str, rules: _Rules, value: object) -> ArgumentRefused:
    """The error; it names types, for the value may be a secret."""
    place = f"{name} of {door.__name__.lstrip('_')}"
    for rule in rules:
        for inner, item in rule.items(value) if isinstance(value, rule.expected) else ():
            if not _allows(inner, item):
                return ArgumentRefused(
                    f"{place} holds an item of type {type(item).__name__}",
                    remedy=f"Give {rule.word}; what it holds is {_words(inner)}",
                )
    return ArgumentRefused(
        f"{place} is of type {type(value).__name__}", remedy=f"Give {_words(rules)}"
    )


def _words(rules: _Rules) -> str:
    return " or ".join(dict.fromkeys(rule.word for rule in rules if rule.word))


def _of_python(rules: _Rules) -> _Rules:
    known = [expected for expected, _word in _KNOWN.values()]
    return rules if all(rule.expected in known for rule in rules) else ()


def _is_plain_class(item: object) -> bool:
    """True for a class whose objects are given as they are.

    For a member of an enumeration a name or a number may stand, and for a protocol anything that
    fits.
    """
    if not isinstance(item, type) or item in (Any, Parameter.empty):
        return False
    return not (issubclass(item, Enum) or getattr(item, "_is_protocol", False))


def _read(annotation: object, names: dict[str, Any]) -> _Rules:
    """The rules of an annotation; none if it names a type that is not looked at."""
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, names)  # our own
        except NameError:  # imported for type checkers only
            return ()
    found: list[_Rule] = []
    is_union = get_origin(annotation) in (Union, types.UnionType)
    for arm in get_args(annotation) if is_union else (annotation,):
        plain = get_origin(arm) or arm
        if isinstance(plain, type) and issubclass(plain, os.PathLike):
            plain = os.PathLike
        if not (plain in _KNOWN or _is_plain_class(plain)):
            return ()
        expected, word = _KNOWN.get(plain) or (plain, plain.__name__)
        held = get_args(arm) if expected in _HOLDERS else ()
        inner = (_read(item, names) for item in held if item is not ...)
        # Of what is in a list of ours, the door itself says more.
        found.append(_Rule(expected, word, tuple(map(_of_python, inner))))
    return tuple(found)
