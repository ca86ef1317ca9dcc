"""The tables of meanings, as they are read from the files beside this one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple


class Meaning(NamedTuple):
    """A table entry. `meaning` and `remedy` make one sentence with a colon between them."""

    meaning: str
    cause: str
    remedy: str
    source: str
    about: str = ""


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a table, by the names of its columns."""
    source = files("smtp_nb.model") / "tables" / f"{name}.csv"
    yield from csv.DictReader(io.StringIO(source.read_text(encoding="utf-8"), newline=""))


def entry_of(row: dict[str, str]) -> Meaning:
    """Return the entry that a row holds."""
    return Meaning(row["meaning"], row["cause"], row["remedy"], row["source"], row.get("about", ""))


def table(name: str) -> dict[str, Meaning]:
    """Return the entries of a table by its column `key`."""
    return {row["key"]: entry_of(row) for row in rows_of(name)}
