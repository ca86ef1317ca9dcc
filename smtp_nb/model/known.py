"""Known names: an unknown attribute or argument is refused, with the nearest one suggested.

Python accepts an attribute of any name, so a misspelt one would be kept and ignored: the message
would leave without its subject, the proxy would not be used. IPWorks is a .NET class, where that
does not compile. An unknown keyword Python refuses itself, but without a word of what was meant.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from inspect import Parameter, signature
from typing import Any, TypeVar, dataclass_transform

from smtp_nb.errors import ArgumentRefused, AttributeRefused
from smtp_nb.model.unseen import unseen_arguments

T = TypeVar("T")
# What other libraries call it, without underscores, and its name here. A name leads only
# to one that the object has.
_FOREIGN = {
    "message_text": "text body plaintext textbody bodytext content msg messagebody",
    "message_html": "html htmlbody bodyhtml htmlmessage",
    "message_markdown": "markdown md",
    "send_to": "to toaddr toaddrs toaddress toemail recipient recipients receiver receivers rcptto",
    "from_": "from fromaddr fromaddress fromemail author",
    "return_path": "envelopefrom mailfrom bounceaddress errorsto",
    "bcc": "blindcopy",
    "attachments": "attachment attach files file",
    "inline_images": "images inlineimage inline",
    "subject": "title",
    "other_headers": "headers extraheaders",
    "message_date": "date",
    "mail_server": "server host hostname smtpserver smtphost",
    "mail_port": "port smtpport",
    "user": "username login loginname",
    "password": "passwd pass pwd",
    "ssl_start_mode": "starttls usetls usessl ssl",
    "firewall": "proxy",
    "send": "sendmail sendmessage",
    "disconnect": "quit close",
    "address": "email mail",
    "name": "displayname",
}
_OURS = {word: ours for ours, words in _FOREIGN.items() for word in words.split()}


def _fold(name: str) -> str:
    """Return a name without what spellings differ in: `SSLStartMode` is `ssl_start_mode`."""
    return name.replace("_", "").lower()


def suggestion(name: str, names: Iterable[str], elsewhere: Mapping[str, str] | None = None) -> str:
    """Return what to write instead of a name that is not among `names`.

    Args:
        elsewhere: names that belong to another place, and how they are written there.
    """
    word = _fold(name)
    for other, written in (elsewhere or {}).items():
        if _fold(other) == word:
            return f"Write {written}"
    folded = {_fold(known): known for known in names}
    theirs = _OURS.get(word, "")
    # A template calls text what the component calls message_text.
    for close in (word, f"on{word}", _fold(theirs), _fold(theirs.removeprefix("message_"))):
        if close in folded:
            return f"Did you mean {folded[close]}?"
    from difflib import get_close_matches  # loaded only for a mistake

    away = {_fold(other): written for other, written in (elsewhere or {}).items()}
    near = get_close_matches(word, [*folded, *away], 1, 0.5)
    if not near:
        return ""
    return f"Did you mean {folded[near[0]]}?" if near[0] in folded else f"Write {away[near[0]]}"


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(kind: type[T]) -> type[T]:
    """Decorate an internal value class: a slotted dataclass, frozen for the type checker alone.

    A frozen dataclass sets each field through `object.__setattr__`, which takes three times as long
    as an assignment. That is only worth it for classes that users meet.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)


def known_attributes(
    elsewhere: Callable[[], Mapping[str, str]] = dict,
) -> Callable[[type[T]], type[T]]:
    """Decorate a class: its objects have the attributes that it declares, and no others; its
    arguments likewise.

    Declared is what is in the class body: methods, properties, annotations. Names that begin with
    an underscore are private and pass.

    Args:
        elsewhere: returns names that belong to another place, and how they are written there.
    """

    def guard(kind: type[T]) -> type[T]:
        inner: Callable[[Any, str, object], None] = kind.__setattr__
        is_plain = inner is object.__setattr__

        @unseen_arguments
        def set_checked(self: Any, name: str, value: object) -> None:
            if name[:1] != "_":
                _check(type(self), name, elsewhere)
            inner(self, name, value)

        def set_known(self: Any, name: str, value: object) -> None:
            # What is merely stored raises nothing, so that no frame has to be hidden.
            if is_plain and (name[:1] == "_" or name in _stored(self.__class__)):
                inner(self, name, value)
                return
            try:
                set_checked(self, name, value)
            finally:
                del value  # what raised has this frame in its traceback

        # Called for a name that was not found. Objects are of any type.
        def get_unknown(self: Any, name: str) -> Any:
            if name[:1] == "_" or name in _declared(self.__class__):
                return object.__getattribute__(self, name)  # to raise again what was raised
            raise _refused(type(self), name, elsewhere)

        # Set, and not written in a class body, from which a type checker would conclude that every
        # name is allowed.
        type.__setattr__(kind, "__setattr__", set_known)
        type.__setattr__(kind, "__getattr__", get_unknown)
        if "__init__" in vars(kind):
            type.__setattr__(kind, "__init__", _checked_arguments(kind))
        return kind

    return guard


def _checked_arguments(kind: type) -> Callable[..., None]:
    """Return the `__init__` of a class behind a look at the keywords."""
    written: Callable[..., None] = vars(kind)["__init__"]
    parameters = signature(written).parameters
    names = frozenset(parameters)
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return written  # which looks itself

    # Any: of all classes.
    @wraps(written)
    def checked(self: Any, *args: Any, **keywords: Any) -> None:
        try:
            if keywords and not keywords.keys() <= names:
                raise argument_refused(kind, keywords.keys() - names, names)
            written(self, *args, **keywords)
        finally:
            del args, keywords  # what raised has this frame in its traceback

    return checked


def argument_refused(kind: type, given: Iterable[str], names: Iterable[str]) -> ArgumentRefused:
    """Return the error for keywords that a class does not take."""
    name = min(given)
    known = sorted(known for known in names if known != "self" and known[:1] != "_")
    return ArgumentRefused(
        f"{kind.__name__} has no argument {name[:80]!r}",
        remedy=suggestion(name, known) or f"It takes {', '.join(known)}",
    )


@lru_cache(maxsize=256)
def _declared(kind: type) -> frozenset[str]:
    annotated = (getattr(base, "__annotations__", {}) for base in kind.__mro__)
    return frozenset(dir(kind)).union(*annotated)


@lru_cache(maxsize=256)
def _stored(kind: type) -> frozenset[str]:
    """Return the declared names behind which no code of ours runs: no properties."""
    simple = (types.MemberDescriptorType, types.GetSetDescriptorType)
    return frozenset(
        name
        for name in _declared(kind)
        if isinstance(found := getattr(kind, name, None), simple) or not hasattr(found, "__set__")
    )


def _check(kind: type, name: str, elsewhere: Callable[[], Mapping[str, str]]) -> None:
    if name not in _declared(kind):
        raise _refused(kind, name, elsewhere)
    found = getattr(kind, name, None)
    if isinstance(found, property) and found.fset is None:
        raise AttributeRefused(
            f"{kind.__name__}.{name} can only be read",
            remedy="Set what it is made from",
        )


def _refused(kind: type, name: str, elsewhere: Callable[[], Mapping[str, str]]) -> AttributeRefused:
    public = [known for known in _declared(kind) if known[:1] != "_"]
    return AttributeRefused(
        f"{kind.__name__} has no attribute {name[:80]!r}",
        remedy=suggestion(name, sorted(public), elsewhere()) or "dir() lists its attributes",
    )
