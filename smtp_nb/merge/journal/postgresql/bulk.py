"""Statements for one row as statements for many: one round trip, one execution, one plan.

The rows travel as one JSON text, which costs this process and the database less than a value of
each column of each row does. Their types are those of the table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

# The rows of one statement at most.
_MOST = 2000
_INSERT = re.compile(r"\s*INSERT INTO (\w+) \(([^)]+)\)\s+VALUES \(([^)]+)\)(.*)", re.DOTALL)
_UPDATE = re.compile(r"\s*UPDATE (\w+) SET (.+)\sWHERE (.+)", re.DOTALL)
_GIVEN = "json_populate_recordset(NULL::{table}, ?::json) AS given"
_VALUE = re.compile(r"(\w+) = \?")


class Bulk(NamedTuple):
    """A statement whose one value holds rows, and what their values are called in it."""

    statement: str
    names: tuple[str, ...]

    def texts(self, rows: Iterable[Sequence[object]]) -> Iterator[str]:
        """What to execute it with, once for each."""
        left = iter(rows)
        while many := list(islice(left, _MOST)):
            given = [dict(zip(self.names, row, strict=True)) for row in many]
            yield json.dumps(given, ensure_ascii=False)


@lru_cache(maxsize=64)
def bulk(statement: str) -> Bulk | None:
    """The same for many rows, none of which is changed twice; None if there is none."""
    if found := _INSERT.fullmatch(statement):
        return _inserting(*found.groups())
    if found := _UPDATE.fullmatch(statement):
        return _updating(*found.groups())
    return None


def _inserting(table: str, columns: str, values: str, rest: str) -> Bulk:
    names, items = re.split(r",\s*", columns), re.split(r",\s*", values)
    chosen = [f"given.{n}" if v == "?" else v for n, v in zip(names, items, strict=True)]
    given = _GIVEN.format(table=table)
    statement = f"INSERT INTO {table} ({columns}) SELECT {', '.join(chosen)} FROM {given}{rest}"
    return Bulk(statement, tuple(n for n, v in zip(names, items, strict=True) if v == "?"))


def _updating(table: str, changes: str, which: str) -> Bulk:
    names = _VALUE.findall(changes) + _VALUE.findall(which)
    changed = _VALUE.sub(r"\1 = given.\1", changes)
    same = _VALUE.sub(rf"{table}.\1 = given.\1", which)
    given = _GIVEN.format(table=table)
    return Bulk(f"UPDATE {table} SET {changed} FROM {given} WHERE {same}", tuple(names))
