"""Row groups: one message for all rows with the same key.

A group is known by its first row, whose place stands for it in plans and results. A template sees
the columns in which its rows agree by their names, and the rows themselves as a frame, `rows`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import islice
from typing import Any

import pandas as pd

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.nested import Empty
from smtp_nb.merge.rows.printed import is_nothing
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.rows import ROWS, Row, Rows
from smtp_nb.merge.rows.unfilled import Unfilled
from smtp_nb.model.address import parse_mailbox, trimmed


class Varying(Unfilled):
    """A column in which the rows of a group differ, so that it has no one value."""

    __slots__ = ()

    def _describe(self) -> str:
        return f"the rows of the group differ in column {self._undefined_name!r}"

    def _advise(self) -> str:
        return "Write {{ rows | table }}, or a loop: {% for one in rows | records %}"


class GroupedRows(Rows):
    """A frame, read group by group.

    Args:
        by: the columns by which rows belong together.
        to: the column of addresses; grouped by it, spellings of one mailbox are one group.

    Raises:
        InputError: there is no such column, or a column is called `rows`.
    """

    def __init__(self, frame: object, by: Sequence[Hashable], to: Hashable) -> None:
        super().__init__(frame)
        for name in by:
            self.require(name)
        if ROWS in self._cells.columns:
            raise InputError(
                "a column is called 'rows', as the rows of a group are", remedy="Rename it"
            )
        self.by = tuple(dict.fromkeys(by))
        is_column = isinstance(to, tuple) and to in self._cells.columns
        self._to = tuple(to) if isinstance(to, list | tuple) and not is_column else (to,)
        self._members = self._grouped()
        self.leaders = list(range(len(self.frame)))
        """For each row of the frame, the place of the first row of its group."""
        for leader, members in self._members.items():
            for member in members:
                self.leaders[member] = leader

    def hint(self, name: Hashable) -> str:
        """Where a name that no column has may be found otherwise."""
        return self.in_index

    def _grouped(self) -> dict[int, list[int]]:
        columns = [
            [_mailbox_key(v) for v in values] if self._holds_mailboxes(name) else values
            for name, values in zip(self.by, self.by_columns(), strict=True)
        ]
        first: dict[tuple[object, ...], int] = {}
        members: dict[int, list[int]] = {}
        for place, key in enumerate(zip(*columns, strict=True)):
            known = place if None in key else first.setdefault(tuple(map(_comparable, key)), place)
            members.setdefault(known, []).append(place)
        return members

    def _holds_mailboxes(self, name: Hashable) -> bool:
        """True for a column of `to=`, and for one that a template of it names."""
        return any(
            name == one or (isinstance(one, str) and "{{" in one and str(name) in one)
            for one in self._to
        )

    @property
    def index(self) -> pd.Index:
        """The frame's index, at the first row of each group."""
        return self.frame.index.take(self.places)

    @property
    def names(self) -> list[Hashable]:
        """The columns, and `rows`."""
        return [*super().names, ROWS]

    @property
    def places(self) -> list[int]:
        """The first row of each group, in order."""
        return list(self._members)

    def by_columns(self) -> list[list[object]]:
        """The columns by which rows are grouped, whole."""
        return [self.column(name) for name in self.by]

    def group_key(self, place: int, columns: Sequence[Sequence[object]]) -> tuple[object, ...]:
        """The values that the rows of a group have in common.

        Args:
            columns: what `by_columns` returned.

        Raises:
            RowError: one of them is empty.
        """
        found = tuple(
            self._common_key(name, column, place)
            for name, column in zip(self.by, columns, strict=True)
        )
        for name, value in zip(self.by, found, strict=True):
            if value is None or str(value).strip() == "":
                raise RowError(
                    f"column {name!r}, by which rows are grouped, is empty",
                    column=str(name), remedy="Fill it in or drop the row",
                )  # fmt: skip
        return found

    def _common_key(self, name: Hashable, values: Sequence[object], place: int) -> object:
        """As the first row spells it, unless another spells the same mailbox otherwise."""
        spelled = {_comparable(values[member]) for member in self._members[place]}
        is_one = len(spelled) == 1 or not self._holds_mailboxes(name)
        return values[place] if is_one else _mailbox_key(values[place])

    def common(self, name: Hashable, place: int, values: Sequence[object]) -> object:
        """The one value of a column in a group.

        Args:
            values: the whole column.

        Raises:
            RowError: the rows of the group differ in it.
        """
        first, *others = self._members[place]
        for member in others:
            for part, one, other in self._compared(name, values[first], values[member]):
                if not same(one, other):
                    is_column = part in self._cells.columns
                    meant = repr(part) if is_column else "the columns in to="
                    raise RowError(
                        f"rows {first} and {member} are in one group but differ in"
                        f" {repr(part) if is_column else 'to='}",
                        column=str(part) if is_column else "to",
                        remedy=f"Group by {meant} too, or make them the same",
                    )
        return values[place]

    def _compared(
        self, name: Hashable, one: object, other: object
    ) -> Iterator[tuple[Hashable, object, object]]:
        """What to compare of two cells: mailboxes as mailboxes, those of `to=[…]` one by one."""
        if name == self._to:
            cells = zip(self._to, one, other, strict=True)  # type: ignore[call-overload]  # Cells
        else:
            cells = ((name, one, other),)
        for part, left, right in cells:
            if part not in self._to:
                yield part, left, right
            else:
                yield part, _mailbox_key(left), _mailbox_key(right)
                if part not in self._cells.columns:  # a template, in which names matter too
                    yield part, _name(left), _name(right)

    def read(
        self,
        positions: Sequence[int],
        names: Sequence[Hashable],
        empty: Empty = lambda name: None,
    ) -> Iterator[Row]:
        """The groups whose first rows are at `positions`."""
        own = [name for name in names if name != ROWS]
        groups = [self._members[place] for place in positions]
        rows = super().read([place for members in groups for place in members], own, empty)
        for members in groups:
            found = list(islice(rows, len(members)))
            row: Row = {name: self._one(name, [one[name] for one in found]) for name in own}
            if ROWS in names:
                row[ROWS] = self.frame.iloc[members]
            yield row

    def _one(self, name: Hashable, values: Sequence[object]) -> object:
        if name in self.by or all(same(values[0], other) for other in values[1:]):
            return values[0]
        return Varying(name=str(name))


def same(one: Any, other: Any) -> bool:
    """True if two cells hold the same, frames and arrays among them."""
    if one is other or (is_nothing(one) and is_nothing(other)):
        return True
    if type(one) is not type(other) and not isinstance(one, int | float | str):
        return False
    if hasattr(one, "equals"):
        return bool(one.equals(other))
    try:
        return bool(one == other)
    except Exception:
        return repr(one) == repr(other)


def _comparable(value: object) -> Hashable:
    return value if isinstance(value, Hashable) else repr(value)


def _mailbox_key(value: object) -> object:
    try:
        return None if value is None else parse_mailbox(trimmed(str(value))).key
    except InputError:
        return value


def _name(value: object) -> object:
    try:
        return parse_mailbox(trimmed(str(value))).name
    except InputError:
        return value


def columns_of(group_by: Hashable | Sequence[Hashable] | None) -> tuple[Hashable, ...]:
    """The columns that `group_by` names; empty without it.

    Raises:
        InputError: it is a list of none.
    """
    if group_by is None:
        return ()
    if isinstance(group_by, list | tuple) and not group_by:
        raise InputError("group_by= names no column", remedy="Name one, or leave it out")
    return tuple(group_by) if isinstance(group_by, list | tuple) else (group_by,)
