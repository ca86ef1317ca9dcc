"""Registry of properties and settings: name, type, meaning, and when each may change.

Attributes, `config()`, `settings`, `reset()`, completion and the docs are all made from these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar, overload

from smtp_nb.client.settings.converters import MAX_SHOWN, Converter
from smtp_nb.errors import SettingError, StateError, Unsupported
from smtp_nb.model.known import known_attributes, suggestion
from smtp_nb.model.secret import HIDDEN, Secret
from smtp_nb.model.unseen import unseen_arguments

T = TypeVar("T")


class Holder(Protocol):
    """Who keeps the values: what was set, and nothing for what was not."""

    _values: dict[str, Any]
    """By IPWorks name. A value has the type that its entry declares."""

    @property
    def connected(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One property or setting.

    Attributes:
        reference: its name in IPWorks SMTP; names of our own follow the same style.
        default: its value until it is set.
        convert: reads a value given by the user, or raises an error that says what it accepts.
        doc: its meaning, in one or two sentences.
        locked: the error number for changing it while connected, or None if that is allowed.
        is_secret: it is never shown.
        is_header: `reset_headers()` empties it.
        owner: the part of IPWorks SMTP that lists it (SMTP, IPPort, SSL, Socket or Base); empty for
            what IPWorks does not have.
        path: the attribute of the component that stores it, if that is not the registry.
        live: the attribute that has the actual value while connected.
        is_settable: False for read-only values.
        turns_on: another setting that becomes True with this one.
        reason: why it cannot change here; setting it to anything but its default is an error.
        deviation: how it differs from IPWorks, and why.
    """

    reference: str
    default: T
    convert: Converter[T]
    doc: str
    locked: int | None = None
    is_secret: bool = False
    is_header: bool = False
    owner: str = "SMTP"
    path: str = ""
    live: str = ""
    is_settable: bool = True
    turns_on: str = ""
    reason: str = ""
    deviation: str = ""

    @property
    def type_name(self) -> str:
        """What kind of value it is: `bool`, `int`, `str`, an enumeration, …"""
        return "secret" if self.is_secret else type(self.default).__name__

    def read(self, holder: Holder) -> T:
        """The value that holds now."""
        path = self.live if self.live and holder.connected else self.path
        value: T = (
            attrgetter(path)(holder) if path else holder._values.get(self.reference, self.default)
        )
        return value

    def is_set(self, holder: Holder) -> bool:
        """True if a value was assigned, even the default."""
        return self.reference in holder._values

    def write(self, holder: Holder, value: Any) -> None:
        """Check and keep a value.

        Raises:
            SettingError, AddressError, InjectionError: the value cannot be taken.
            StateError: not while connected.
            Unsupported: this value needs what Python, or this library, does not have.
        """
        if not self.is_settable:
            raise SettingError(
                f"{self.reference} can only be read",
                remedy="Set the properties that it is made from",
            )
        kept = self.convert(self.reference, value)
        if self.reason and kept != self.default:
            raise Unsupported(
                f"{self.reference} stays {self.shown_default!r}: {self.reason}",
                remedy="Leave it at its default",
            )
        if self.locked is not None and holder.connected and kept != self.read(holder):
            raise StateError(
                f"{self.reference} cannot change while connected",
                code=self.locked,
                remedy="Call disconnect() first",
            )
        self._keep(holder, kept)

    def _keep(self, holder: Holder, kept: T) -> None:
        if self.path:
            where, _, name = self.path.rpartition(".")
            setattr(attrgetter(where)(holder) if where else holder, name, kept)
            return
        holder._values[self.reference] = kept
        if self.turns_on and kept:
            holder._values[self.turns_on] = True

    @property
    def shown_default(self) -> str:
        """The default as text."""
        return "" if self.is_secret else _as_text(self.default)

    def shown(self, holder: Holder) -> str:
        """The value as text, a secret hidden."""
        value = self.read(holder)
        if self.is_secret:
            return HIDDEN if value else ""
        return _as_text(value)


def _as_text(value: object) -> str:
    """A value as `config()` gives it; whole seconds have no point."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


REGISTRY: dict[str, Entry[Any]] = {}
"""All entries, by IPWorks name. Their types differ, hence Any."""
PROPERTIES: dict[str, str] = {}
"""Python name of each attribute to its IPWorks name."""


def reader(holder: Holder) -> Callable[[str], Any]:
    """Reads an entry of the holder by name; entries are of different types, hence Any."""
    return lambda name: REGISTRY[name].read(holder)


def register(entry: Entry[T]) -> Entry[T]:
    """Put an entry into the registry, once."""
    return REGISTRY.setdefault(entry.reference, entry)


class Property(Generic[T]):
    """An entry as an attribute."""

    def __init__(self, entry: Entry[T]) -> None:
        self.entry = register(entry)
        self.__doc__ = f"{entry.doc} (IPWorks: {entry.reference})"

    def __set_name__(self, owner: type, name: str) -> None:
        PROPERTIES[name] = self.entry.reference

    @overload
    def __get__(self, holder: None, owner: type) -> Property[T]: ...
    @overload
    def __get__(self, holder: Holder, owner: type) -> T: ...
    def __get__(self, holder: Holder | None, owner: type) -> Property[T] | T:
        return self if holder is None else self.entry.read(holder)

    # Users assign anything that the converter reads.
    def __set__(self, holder: Holder, value: Any) -> None:
        self.entry.write(holder, value)


def find(name: str) -> Entry[Any]:
    """The entry with this reference name, in any case.

    Raises:
        SettingError: there is none; suggests the nearest.
    """
    if (found := _lookup(name)) is None:
        raise unknown("setting", name, REGISTRY)
    return found


def _lookup(name: str) -> Entry[Any] | None:
    return REGISTRY.get(name) or _folded().get(name.strip().lower())


def _folded() -> dict[str, Entry[Any]]:
    return {name.lower(): entry for name, entry in REGISTRY.items()}


def settings_as_written() -> dict[str, str]:
    """The settings that are no attributes of the component, and how one is written."""
    return {
        name: entry.path if "." in entry.path else f'settings["{name}"] or config("{name}=…")'
        for name, entry in REGISTRY.items()
        if name not in PROPERTIES.values()
    }


def unknown(
    what: str, name: str, names: Iterable[str], elsewhere: Mapping[str, str] | None = None
) -> SettingError:
    """The error for a name that does not exist.

    Args:
        names: those that do.
        elsewhere: those that stand in another place, and how they are written there.
    """
    remedy = suggestion(name, names, elsewhere) or "See the documentation for all names"
    return SettingError(f"no {what} is called {name[:MAX_SHOWN]!r}", remedy=remedy)


@known_attributes()
class SettingsView:
    """`smtp.settings["Name"]`: all settings with their types, and their names to complete."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    def __getitem__(self, name: str) -> Any:
        value = find(name).read(self._holder)
        return HIDDEN if isinstance(value, Secret) else value

    @unseen_arguments  # a password's name may be mistyped
    def __setitem__(self, name: str, value: Any) -> None:
        find(name).write(self._holder, value)

    def __iter__(self) -> Any:
        return iter(REGISTRY)

    def __len__(self) -> int:
        return len(REGISTRY)

    def _ipython_key_completions_(self) -> list[str]:
        return sorted(REGISTRY)

    def __repr__(self) -> str:
        settable = (entry for _, entry in sorted(REGISTRY.items()) if entry.is_settable)
        return "\n".join(f"{e.reference}={e.shown(self._holder)[:MAX_SHOWN]}" for e in settable)


def config(holder: Holder, text: str) -> str:
    """`Name` reads a setting as text, `Name=Value` sets it and gives the text it reads as now.

    Raises:
        SettingError: unknown name or unreadable value.
        StateError: not while connected.
    """
    if not isinstance(text, str):
        raise SettingError("config takes a string", remedy='Write config("Name=Value")')
    name, equals, value = text.partition("=")
    entry = find(name.strip())
    if equals:
        entry.write(holder, value)
    return entry.shown(holder)
