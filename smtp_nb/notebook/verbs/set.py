"""`set`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from smtp_nb.client.settings.registry import PROPERTIES, Entry, find
from smtp_nb.notebook.adjustments import property_names
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest


def _set(request: VerbRequest) -> Card:
    name, value = request.text("property"), request.values["value"]
    if not name:
        return listed("Properties of a session", property_names(), request)
    if value is None and "=" in name:
        name, _, value = name.partition("=")
    entry = entry_of(name)
    if value is not None:
        request.state.adjustments.take(entry, value, request.state.smtp)
    return adjusted(name.strip(), entry, request)


def entry_of(name: str) -> Entry[Any]:
    """A property or setting by its Python or its reference name.

    Raises:
        SettingError: there is none; suggests the nearest.
    """
    python = name.strip().lower().replace("-", "_")
    return find(PROPERTIES.get(python) or PROPERTIES.get(f"{python}_") or name)


def listed(title: str, names: Iterable[str], request: VerbRequest) -> Card:
    """All of them, with what each holds and means."""
    entries = [(name, entry_of(name)) for name in names]
    return Card(title, [(name, _described(entry, request)) for name, entry in entries])


def _described(entry: Entry[Any], request: VerbRequest) -> str:
    value = request.state.adjustments.shown(entry, request.state.smtp)
    return f"{value or 'empty'}. {entry.doc}"


def adjusted(name: str, entry: Entry[Any], request: VerbRequest) -> Card:
    """What one holds now."""
    smtp = request.state.smtp
    value = request.state.adjustments.shown(entry, smtp)
    since = "this session and those that follow" if smtp else "sessions from %smtp connect on"
    rows = [(name, value or "empty"), ("Means", entry.doc), ("Holds for", since)]
    return Card("A setting of sessions", rows, about=value)


VERBS = (
    Verb(
        "set",
        "Change a property of this session and those that follow; without a name list all",
        _set,
        (
            Argument(
                "property", f"one of {', '.join(property_names())}", ValueKind.PROPERTY, False
            ),
            Argument(
                "value",
                "the new value; without it, the present one is shown",
                ValueKind.VALUE,
                False,
            ),
        ),
        example="%smtp set timeout 45",
    ),
)
