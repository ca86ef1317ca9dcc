"""The values that Tab offers, by kind: a bounded number of each, and nothing that is slow to get.

What comes from the user's variables, directories and journals may be huge, so no list is gone
through to its end, no file is opened and no module imported.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from enum import IntEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smtp_nb.classroom.lesson import underway
from smtp_nb.client.settings.registry import PROPERTIES, REGISTRY, Entry
from smtp_nb.merge.journal.home import journals_of
from smtp_nb.merge.journal.schema import SUFFIX
from smtp_nb.notebook.adjustments import property_names, setting_names
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verbs import starting_with

if TYPE_CHECKING:
    from smtp_nb.notebook.state import NotebookState

_FIRST_NAME = re.compile(r"\W.*", re.DOTALL)

LOOKED_AT = 1_000
"""The most variables, columns or files that are gone through for one Tab."""


class Offers:
    """What can stand in one place of a line."""

    def __init__(self, state: NotebookState) -> None:
        self._state = state

    def of(self, wanted: Option | Argument, free: list[str], begun: str) -> Iterator[str]:
        """The values of an option or argument; none where they cannot be known.

        Args:
            free: the words before it that are neither options nor their values.
            begun: what stands there already.
        """
        is_rest = isinstance(wanted, Argument) and wanted.rest
        if is_rest and free and wanted.kind is not ValueKind.VERB:
            return iter(())  # further words of a text
        if wanted.choices:
            return iter(wanted.choices)
        kinds: dict[ValueKind, Callable[[], Iterable[str]]] = {
            ValueKind.FRAME: self.frames,
            ValueKind.TEMPLATE: lambda: sorted(self._state.templates),
            ValueKind.VARIABLE: self.variables,
            ValueKind.COLUMN: lambda: self._columns(free),
            ValueKind.CAMPAIGN: self._campaigns,
            ValueKind.PATH: lambda: _paths(begun, directories_only=False),
            ValueKind.DIRECTORY: lambda: _paths(begun, directories_only=True),
            ValueKind.PROPERTY: property_names,
            ValueKind.SETTING: lambda: _settings(begun),
            ValueKind.VALUE: lambda: _values(free),
            ValueKind.VERB: lambda: starting_with(free),
            ValueKind.CODE: _codes,
            ValueKind.EXERCISE: _exercises,
        }
        return iter(kinds.get(wanted.kind, tuple)())

    def names_in_braces(self, begun: str) -> list[str]:
        """What `{{ … }}` may name: variables, and columns, which templates fill in."""
        found = dict.fromkeys((*self._columns([]), *self.variables()))
        return [name for name in found if name.startswith(begun) and name.isidentifier()]

    def variables(self) -> list[str]:
        """The names that the user has defined."""
        return sorted(name for name, _ in self._items())

    def frames(self) -> list[str]:
        """The variables that hold a frame."""
        return sorted(name for name, value in self._items() if _is_frame(value))

    def _items(self) -> Iterator[tuple[str, Any]]:  # of any type
        hidden = self._state.shell.user_ns_hidden
        for name, value in islice(reversed(self._state.shell.user_ns.items()), LOOKED_AT):
            if not name.startswith("_") and name not in hidden:
                yield name, value

    def _columns(self, free: list[str]) -> list[str]:
        """The columns of the frame that the line names; of all frames before it names one."""
        user_ns = self._state.shell.user_ns
        # Of an expression such as `df[df.paid]` its first name.
        names = [_FIRST_NAME.sub("", word) for word in free[:1]] or self.frames()
        frames = [user_ns[name] for name in names if _is_frame(user_ns.get(name))]
        columns = (column for frame in frames for column in islice(frame.columns, LOOKED_AT))
        texts = (column for column in columns if isinstance(column, str))
        return list(dict.fromkeys(islice(texts, LOOKED_AT)))

    def _campaigns(self) -> list[str]:
        """Merges of this session, the last one first, then journals of sandbox and directory."""
        sandbox = self._state.sandbox
        here = journals_of(sandbox) if sandbox is not None else ()
        kept = (name.removesuffix(SUFFIX) for name, _ in _entries(Path()) if name.endswith(SUFFIX))
        return list(dict.fromkeys((*reversed(self._state.merges), *sorted(here), *sorted(kept))))


def _is_frame(value: object) -> bool:
    """Without importing pandas: where there is a frame, it is imported already."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def _entries(directory: Path) -> list[tuple[str, bool]]:
    """Names in a directory, and whether each is one itself."""
    with suppress(OSError), os.scandir(directory.expanduser()) as found:
        return [(entry.name, entry.is_dir()) for entry in islice(found, LOOKED_AT)]
    return []


def _paths(begun: str, *, directories_only: bool) -> list[str]:
    """The files and directories that go on with what was begun; hidden ones if it says so."""
    head = begun[: begun.rfind("/") + 1]
    rest = begun[len(head) :]
    found = (
        f"{name}/" if is_directory else name
        for name, is_directory in sorted(_entries(Path(head or ".")))
        if (is_directory or not directories_only)
        and name.startswith(rest)
        and (rest or not name.startswith("."))
    )
    return [head + name for name in found]


def _settings(begun: str) -> list[str]:
    name, equals, _ = begun.partition("=")
    if not equals:
        return [f"{name}=" for name in setting_names()]
    entry = REGISTRY.get(name)
    return [f"{name}={value}" for value in _known_values(entry)]


def _values(free: list[str]) -> list[str]:
    """Those of the property that was named."""
    return _known_values(REGISTRY.get(PROPERTIES.get(free[0], ""))) if free else []


def _known_values(entry: Entry[Any] | None) -> list[str]:
    """What an entry can hold, where that is a few words."""
    if entry is None:
        return []
    if isinstance(entry.default, bool):
        return ["True", "False"]
    if isinstance(entry.default, IntEnum):
        return [name.lower() for name in type(entry.default).__members__]
    return []


def _codes() -> list[str]:
    """The reply codes and enhanced status codes that the tables know."""
    from smtp_nb.model.explain import enhanced_codes, replies

    plain = [code for code in replies() if len(code) == len("250")]
    return [*plain, *(f"{kind}.{code}" for code in enhanced_codes() for kind in "45")]


def _exercises() -> list[str]:
    """Those of the lesson in progress."""
    lesson = underway()
    return [] if lesson is None else list(lesson.exercises)
