"""Values of non-plain cells: lists, records, and dates that pandas stores as timestamps."""

from __future__ import annotations

import datetime
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import pandas as pd

from smtp_nb.merge.rows.printed import is_nothing

# What to put in the place of nothing, by the name of its column or entry.
Empty = Callable[[Hashable], object]

Record = dict[Hashable, object]
Container = (list, tuple, dict)
# Other dicts mean something of their own, as icalendar's do.
_RECORDS = (dict, OrderedDict, defaultdict)


class Day(datetime.datetime):
    """A moment of a column whose times are all midnight: it prints its date.

    It is a datetime in all other respects, and knows what a pandas Timestamp knows.
    """

    __slots__ = ()

    def __str__(self) -> str:
        is_date = not (self.hour or self.minute or self.second or self.microsecond)
        return self.date().isoformat() if is_date else super().__str__()

    def __getattr__(self, name: str) -> Any:  # whatever a Timestamp has under this name
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(pd.Timestamp(self), name)


def to_day(value: Any) -> Any:
    """A moment as one that prints its date; nothing stays nothing."""
    if is_nothing(value):
        return value
    return Day(value.year, value.month, value.day, tzinfo=value.tzinfo, fold=value.fold)


def has_dates_only(values: Iterable[object]) -> bool:
    """True if there are moments, and all of them are midnight."""
    found = False
    for value in values:
        if not isinstance(value, datetime.datetime) or value.time() != datetime.time.min:
            return False
        found = True
    return found


def nested(value: Any, empty: Empty, name: Hashable = "") -> Any:
    """A list, a tuple, a dict or a scalar, with nothing in it replaced by what stands for it."""
    if isinstance(value, list | tuple):
        are_records = value and all(isinstance(one, dict) for one in value)
        items = [nested(one, empty, name) for one in (_records(value) if are_records else value)]
        return items if isinstance(value, list) else _same_tuple(value, items)
    if type(value) in _RECORDS:
        return {key: nested(one, empty, key) for key, one in value.items()}
    return empty(name) if is_nothing(value) else value


def _same_tuple(value: tuple[Any, ...], items: list[Any]) -> Any:
    """The items as a tuple of the same kind: a named one keeps its names."""
    return type(value)._make(items) if hasattr(value, "_make") else tuple(items)


def _records(records: Sequence[Record]) -> Sequence[Record]:
    """Records with the entries that are days, as a column of them would be."""
    names = {name for record in records for name in record}
    days = [
        name for name in names
        if has_dates_only(v for r in records if not is_nothing(v := r.get(name)))
    ]  # fmt: skip
    if not days:
        return records
    return [
        {name: to_day(one) if name in days else one for name, one in record.items()}
        for record in records
    ]
