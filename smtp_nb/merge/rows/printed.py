"""Rules for values that are printed in a message.

Texts, numbers, dates, and whatever spells itself on purpose. A value that only Python can read
(a method without its parentheses, bytes, a list, a frame or a figure without its filter) is an
error of its row that says what to write instead; nothing at all (`None`, NaN, NaT) is one too. What
can be sent and still looks like a mistake, such as a text that is empty or spells "nan", becomes a
note, which `check()` shows as a warning.

Floats print as short as they are: 12.0 is `12`, whatever else its column holds, 7.5 is `7.5`, and
0.1 + 0.2 is `0.3`, because the sixteenth digit of a float is noise. A fixed number of decimals is
what `number` and `money` are for.
"""

from __future__ import annotations

import decimal
import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jinja2 import Undefined

from smtp_nb.merge.rows.drawable import DRAWS_ITSELF
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.model.display import kind_of

# The name under which a template's context holds the notes of a message; no template can spell it.
NOTES = "the notes"

# Characters of one text: no mail server takes as much, and no kernel should have to hold more.
MAX_LENGTH = 64 * 1024 * 1024

# What exports write where there was nothing.
SPELL_NOTHING = frozenset(
    [
        "nan",
        "NaN",
        "NAN",
        "Nan",
        "-nan",
        "null",
        "NULL",
        "Null",
        "None",
        "none",
        "NONE",
        "NaT",
        "<NA>",
        "#N/A",
        "#NA",
        "#VALUE!",
        "#REF!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "undefined",
    ]
)

# Beyond this, not every integer has a float of its own (IEEE 754).
EXACT = 2.0**53
# From here on Python counts the digits instead of writing them.
_POSITIONAL = 1e21

IS_EMPTY = "the text is empty"
# Stands in remedies for the expression that was written.
VALUE = "$"

_PYTHONS_OWN: object = object.__str__
_TABULAR = ("to_html", "to_frame", "__dataframe__", "__arrow_c_stream__")


class Note(NamedTuple):
    """What can be sent and looks like a mistake: the column, what it is, what to do."""

    column: str
    message: str
    remedy: str


Notes = dict[Note, None]
"""The notes of one message, each once, in order."""


def printed(value: Any, spelling: str = "", notes: Notes | None = None) -> Any:
    """The value as it may be printed: itself, or the text that stands for it.

    Args:
        value: whatever an expression gives.
        spelling: the expression in the template, where it is a name or a path from one; it goes
            into the error's remedy, and only such a value is remarked upon.
        notes: where remarks go.

    Raises:
        RowError: no reader could make sense of it, or there is nothing to read.
    """
    if isinstance(value, str):
        _check_text(value, spelling, notes)
        return value
    if isinstance(value, Undefined):
        return str(value)  # raises, with the name
    if isinstance(value, np.generic):
        value = plain_scalar(value)
    if is_nothing(value):
        raise _nothing(value, spelling)
    if isinstance(value, float):
        return _float_text(value, spelling, notes)
    if isinstance(value, bool | int) or _is_shown(value, ("__html__",)):
        return value
    if isinstance(value, decimal.Decimal):
        if not value.is_finite():
            raise _error(f"the number {value} cannot be printed", spelling, "Correct it")
        return value
    _refuse_python(value, spelling)
    return value


def plain_scalar(value: np.generic) -> Any:
    """NumPy's scalar as Python's; a float32 keeps its own few digits."""
    if isinstance(value, np.floating) and value.dtype.itemsize < 8:
        return float(str(value))
    return value.item()


def is_nothing(value: object) -> bool:
    """True for all of pandas' spellings of 'nothing here'."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def number_text(value: float) -> str:
    """A finite float without the noise of its last digits, and without `.0`."""
    if not value.is_integer():
        value = float(f"{value:.15g}")
    if value.is_integer() and abs(value) < _POSITIONAL:
        return str(int(value))
    return repr(value)


def is_ordinary(value: object) -> bool:
    """True if `printed` takes the value as it is and has nothing to remark upon."""
    kind = type(value)
    if kind is str:
        text: str = value  # type: ignore[assignment]  # that is its type
        return len(text) < MAX_LENGTH and text not in SPELL_NOTHING and _can_be_seen(text)
    return kind is int


def _can_be_seen(text: str) -> bool:
    """False for spaces, and for what has no width."""
    if text.isascii():
        return bool(text.strip())
    return any(character.isprintable() and not character.isspace() for character in text)


def is_ordinary_number(value: float) -> bool:
    """True if `printed` has nothing to remark upon for this float."""
    return abs(value) < 1e15 and "e" not in number_text(value)


def check_length(length: int, what: str) -> None:
    """Refuse a text that would be too long.

    Raises:
        RowError: names both sizes.
    """
    if length > MAX_LENGTH:
        raise RowError(
            f"{what} would have {length:,} characters, more than {MAX_LENGTH:,}",
            remedy="Attach long content, or look for a loop or a product that grows",
        )


def _check_text(value: str, spelling: str, notes: Notes | None) -> None:
    check_length(len(value), "a value")
    if notes is None or not spelling:
        return
    if not _can_be_seen(value):
        # `or` replaces what is empty, and not what only looks so.
        blank = spelling if not value else f"{spelling} | trim"
        _note(notes, spelling, IS_EMPTY, f'{{{{ {blank} or "…" }}}} replaces it')
    elif value.strip() in SPELL_NOTHING:
        _note(
            notes, spelling, f"the text is {value.strip()!r}", "Empty the cell, or read the"
            " table so that such texts count as missing (na_values=)",
        )  # fmt: skip


def _float_text(value: float, spelling: str, notes: Notes | None) -> str:
    if value in (float("inf"), float("-inf")):
        raise _error(f"the number is infinite ({value})", spelling, "Correct it")
    text = number_text(value)
    if notes is not None:
        if "e" in text:
            _note(
                notes, spelling, f"the number {text} is in scientific notation",
                'Write {{ $ | number(8) }}, or read the column as texts (dtype=str)',
            )  # fmt: skip
        elif value.is_integer() and abs(value) >= EXACT:
            _note(
                notes, spelling, f"the number {text} has more digits than a float keeps",
                "Read the column as texts (dtype=str): its last digits may be wrong",
            )  # fmt: skip
    return text


def _refuse_python(value: Any, spelling: str) -> None:
    for is_kind, name, remedy in _KINDS:
        if is_kind(value):
            raise _error(f"{_called(value, name)} is not printable text", spelling, remedy(value))


def _called(value: Any, name: str) -> str:
    own = getattr(value, "__name__", "") or getattr(value, "name", "") or type(value).__name__
    return name.format(own, kind_of(value))


def _nothing(value: object, spelling: str) -> RowError:
    remedy = 'Fill it in, or write {{ $ | default("–", true) }}'
    return _error(f"the value is empty ({value})", spelling, remedy)


def _error(text: str, spelling: str, remedy: str) -> RowError:
    where = f"{{{{ {spelling} }}}}: " if spelling else ""
    return RowError(
        f"{where}{text}", column=column_of(spelling), remedy=remedy.replace(VALUE, spelling or "…")
    )


def column_of(spelling: str) -> str:
    """The column at the beginning of a path: of `name.title`, of `row["First name"]`."""
    if spelling.startswith('row["'):
        return spelling[5:].partition('"]')[0]
    if spelling.startswith("row."):
        return spelling[4:].partition(".")[0]
    return spelling.partition(".")[0].partition("[")[0]


def _note(notes: Notes, spelling: str, text: str, remedy: str) -> None:
    notes[Note(column_of(spelling), text, remedy.replace(VALUE, spelling or "…"))] = None


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, type) and not _is_shown(value, _TABULAR)


def _is_shown(value: Any, methods: Iterable[str]) -> bool:
    return not isinstance(value, type) and any(hasattr(type(value), name) for name in methods)


def _is_python(value: Any) -> bool:
    """True if its text is the one that Python shows to programmers."""
    if isinstance(value, enum.Enum):
        return False
    return type(value).__str__ is _PYTHONS_OWN


def _of_items(value: Any) -> str:
    first = next(iter(value), None) if isinstance(value, list | tuple) else None
    if isinstance(first, Mapping):
        return "Write {{ $ | table }}, or a loop over it"
    return 'Write {{ $ | join(", ") }}, or a loop over it'


# What a value is told by, how it is called ({0} is its own name, {1} that of its type with its
# article), and what to write instead. The first that fits; the last one holds what is nothing of
# the kind.
_KINDS: tuple[tuple[Callable[[Any], bool], str, Callable[[Any], str]], ...] = (
    (lambda v: isinstance(v, type), "the class {0}", lambda v: "Write a value"),
    (lambda v: isinstance(v, bytes | bytearray | memoryview), "{0}",
     lambda v: "Write {{ $.decode() }} for a text in UTF-8, {{ $ | image }} for a picture"),
    (lambda v: _is_shown(v, DRAWS_ITSELF), "{1}", lambda v: "Write {{ $ | image }}"),
    (lambda v: _is_shown(v, _TABULAR), "{1}", lambda v: "Write {{ $ | table }}"),
    (_is_function, "the function {0}", lambda v: "Call it: {{ $() }}"),
    (lambda v: isinstance(v, Mapping), "{1}", lambda v: 'Name one of its entries: {{ $["…"] }}'),
    (lambda v: isinstance(v, Iterable), "{1}", _of_items),
    (_is_python, "{1}", lambda v: "Print one of its values"),
)  # fmt: skip


def check_argument(value: object) -> None:
    """Refuse what a text that a template formats would print as Python does.

    Raises:
        RowError: `printed` would refuse it. Lists and dicts pass: their items may be printed.
    """
    if not isinstance(value, Mapping | list | tuple):
        printed(value)
