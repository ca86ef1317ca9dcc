"""The plan of a merge: each row's key and recipient, or why it has none.

The law: a row is known by its key and never by its place. The key is the value of the `key` column,
or else the normalised address, so rows may be inserted, deleted and sorted between two runs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from smtp_nb.errors import InputError
from smtp_nb.merge.journal.schema import HELD_BACK
from smtp_nb.merge.planning.recipients import (
    Cells,
    To,
    is_template,
    mailboxes_of,
    remarks,
    rendered,
    several,
)
from smtp_nb.merge.rows.groups import GroupedRows
from smtp_nb.merge.rows.problem import Problem, RowError, Severity
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.model.address import CONTROLS, Mailbox, split_plain
from smtp_nb.model.outcome import Outcome


class PlannedRow(NamedTuple):
    """One row of the frame.

    Attributes:
        row: its position.
        key: what the campaign knows it by; empty if it has neither key nor address.
        mailbox: its To address, or None if it is invalid; of several, the first.
        others: further To addresses of the same message.
        held_back: those that `suppress=` leaves out.
        of_several: True if it might have had more than one.
        written: what stands there if it is invalid.
        first: the row whose key it has too, if it is a DUPLICATE.
        outcome: INVALID or DUPLICATE; None for a row that is to be sent.
        explanation: why it is not.
    """

    row: int
    key: str
    mailbox: Mailbox | None
    outcome: Outcome | None = None
    explanation: str = ""
    written: str = ""
    first: int | None = None
    others: tuple[Mailbox, ...] = ()
    held_back: tuple[Mailbox, ...] = ()
    of_several: bool = False

    @property
    def mailboxes(self) -> tuple[Mailbox, ...]:
        """All To addresses."""
        return () if self.mailbox is None else (self.mailbox, *self.others)

    @property
    def recipient(self) -> str:
        """The To address; several as `PlanEntry` has them."""
        if self.mailbox is None:
            return self.written
        if not self.of_several:
            return self.mailbox.address
        boxes = [box.address for box in self.mailboxes]
        boxes += [f"{HELD_BACK}{box.address}" for box in self.held_back]
        return "".join(f"{address}\n" for address in boxes)


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows in order, what is wrong with some, and the columns read for addresses and keys.

    Attributes:
        has_several: True if a row may have more than one To address.
        by_address: True if rows are known by their addresses, so that no two share one.
    """

    rows: list[PlannedRow]
    problems: list[Problem]
    columns: frozenset[str] = frozenset()
    has_several: bool = False
    by_address: bool = False

    @property
    def sendable(self) -> Iterable[PlannedRow]:
        """The rows that have a message to get."""
        return (planned for planned in self.rows if planned.outcome is None)


def make_plan(rows: Rows, to: To, key: Hashable | None = None) -> Plan:
    """Read keys and addresses of all rows.

    Args:
        to: the column of addresses, one mailbox each, or a template of one; or a list of such.
        key: the column that identifies a row; None for the address.

    Raises:
        InputError: there is no such column.
    """
    entries = several(to, rows)
    found = [_addresses(rows, entry) for entry in entries]
    names = frozenset[str]().union(*(names for _, names in found))
    name = entries[0] if len(entries) == 1 else tuple(entries)
    addresses = found[0][0]
    if len(entries) > 1:
        addresses = [Cells(one) for one in zip(*(cells for cells, _ in found), strict=True)]
    if key is not None:
        rows.require(key)
    keys: list[object] = [None] * len(rows) if key is None else rows.column(key)
    shown = " or ".join("to" if is_template(entry, rows) else str(entry) for entry in entries)
    by_address = key is None and (not isinstance(rows, GroupedRows) or rows.by == (name,))
    name_of_key = None if key is None else str(key)
    planner = _Planner(shown, name_of_key, names, len(entries) > 1, by_address)
    if isinstance(rows, GroupedRows):
        _plan_groups(planner, rows, (name, addresses), (key, keys))
        return planner.plan
    planner.add_rows(addresses, keys)
    return planner.plan


def _addresses(rows: Rows, to: Hashable) -> tuple[list[object], frozenset[str]]:
    """Each row's address, and the columns that it is read from."""
    if is_template(to, rows):
        return rendered(rows, str(to))
    rows.require(to)
    return rows.column(to), frozenset({str(to)})


Column = tuple[Hashable | None, list[object]]


def _plan_groups(planner: _Planner, rows: GroupedRows, to: Column, key: Column) -> None:
    """One planned row for each group, known by its key, its address or what it was grouped by."""
    by_address = planner.plan.by_address
    columns = rows.by_columns()
    for place in rows.places:
        try:
            common = rows.group_key(place, columns)
            if key[0] is not None:
                value = rows.common(key[0], place, key[1])
            else:
                value = None if by_address else " / ".join(map(key_text, common))
            address = to[1][place] if by_address else rows.common(to[0], place, to[1])
        except InputError as error:
            planner.refuse(place, to[1][place], error)
        else:
            planner.add(place, address, value, is_group=not by_address)


def key_text(value: object) -> str:
    """A key as the journal knows it, the same whether it was read from a column of integers, of
    floats or of objects."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


class _Planner:
    """Takes rows one by one and remembers whose key was there before."""

    def __init__(
        self, to: str, key: str | None, names: frozenset[str], has_several: bool, by_address: bool
    ) -> None:
        named = names | frozenset(filter(None, (key,)))
        self.plan = Plan([], [], named, has_several, by_address)
        self._to = to
        self._key = key
        self._first: dict[str, int] = {}
        self._of_address: dict[str, int] = {}
        self._domains: dict[str, str] = {}

    def add_rows(self, addresses: list[object], values: list[object]) -> None:
        """Plan the rows of a frame: those whose cells are plain at once, the others one by one."""
        for row, (address, value) in enumerate(zip(addresses, values, strict=True)):
            if not self._add_plain(row, address, value):
                self.add(row, address, value)

    def _add_plain(self, row: int, address: object, value: object) -> bool:
        """Plan a row of which `add` would make the same and say nothing; False if it may not."""
        if type(address) is not str or (split := split_plain(address)) is None:
            return False
        # One text for all addresses of a domain; empty where something is to be said about it.
        domain = self._domains.get(split[1])
        if domain is None:
            is_odd = any(remarks(address, Mailbox(*split)))
            domain = self._domains[split[1]] = "" if is_odd else split[1]
        if self._key is None:
            key = address if address.islower() else address.lower()
        elif type(value) is str and value.isprintable():
            key = value
        else:
            key = str(value) if type(value) is int else ""
        if not domain or not key or self._first.setdefault(key, row) != row:
            return False
        self.plan.rows.append(PlannedRow(row, key, Mailbox(split[0], domain)))
        return True

    def add(self, row: int, address: object, value: object, is_group: bool = False) -> None:
        try:
            key = str(value) if is_group and self._key is None else self._key_of(value)
            boxes = mailboxes_of(address, self._to)
            if key is None and self.plan.has_several:
                self._refuse_overlap(row, boxes)
        except InputError as error:
            key = "" if value is None else _printable(str(value))
            self._refuse(row, key, _shown(address), error)
            return
        for cell, box in boxes.items():
            for odd, remedy in remarks(cell, box):
                self.plan.problems.append(Problem(row, self._to, Severity.WARNING, odd, remedy))
        mailbox, *others = boxes.values()
        if others:
            mailbox, *others = {box.key: box for box in boxes.values()}.values()
        key = mailbox.key if key is None else key
        first = self._first.setdefault(key, row)
        planned = PlannedRow(
            row, key, mailbox, others=tuple(others), of_several=self.plan.has_several
        )
        if first == row:
            self.plan.rows.append(planned)
        else:
            self._repeat(planned, first)

    def _refuse_overlap(self, row: int, boxes: Mapping[str, Mailbox]) -> None:
        """A row that has no key is known by its addresses, so no two may share one of several."""
        keys = {box.key for box in boxes.values()}
        owners = {self._of_address.setdefault(key, row) for key in keys}
        if owners == {row}:
            return
        first = min(owners)
        mine = {box.key for one in self.plan.rows if one.row == first for box in one.mailboxes}
        if mine == keys:
            self._first[next(iter(boxes.values())).key] = first
            return
        raise RowError(
            f"row {first} has one of these recipients too, and another one besides",
            column=self._to,
            remedy="Use key= with a column that distinguishes them",
        )

    def refuse(self, row: int, address: object, error: InputError) -> None:
        """Plan a group that can have no message."""
        self._refuse(row, "", _shown(address), error)

    def _key_of(self, value: object) -> str | None:
        """The text of a key cell; None where the address is the key."""
        if self._key is None:
            return None
        if value is None or str(value) == "":
            raise RowError(
                "the key is empty", column=self._key, remedy="Give every row a key of its own"
            )
        key = key_text(value)
        if CONTROLS.search(key):
            raise RowError("the key holds a control character", column=self._key)
        return key

    def _refuse(self, row: int, key: str, shown: str, error: InputError) -> None:
        problem = Problem.from_error(row, error)
        if not problem.column:
            problem = Problem(row, self._to, problem.severity, problem.message, problem.remedy)
        self.plan.problems.append(problem)
        planned = PlannedRow(row, key, None, Outcome.INVALID, problem.text, shown)
        self.plan.rows.append(planned)

    def _repeat(self, planned: PlannedRow, first: int) -> None:
        text = f"the same {'recipient' if self._key is None else 'key'} as row {first}"
        self.plan.problems.append(
            Problem(
                planned.row, self._key or self._to, Severity.WARNING, text,
                "Remove one of the rows: only one message is sent for both",
            )
        )  # fmt: skip
        self.plan.rows.append(
            planned._replace(outcome=Outcome.DUPLICATE, explanation=text, first=first)
        )


def _shown(address: object) -> str:
    if isinstance(address, Cells):
        return ", ".join(filter(None, map(_shown, address)))
    return "" if address is None or isinstance(address, InputError) else _printable(str(address))


def _printable(text: str) -> str:
    return CONTROLS.sub(lambda found: ascii(found.group())[1:-1], text)
