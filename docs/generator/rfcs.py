"""Page of RFCs: each one that the code cites, with the modules that cite it."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import smtp_nb
from generator.text import page, table

PACKAGE = Path(smtp_nb.__file__).parent
TITLES = Path(__file__).with_name("rfc_titles.csv")
MANY = 3
_CITED = re.compile(r"\bRFC ?(\d{3,4})\b")


def rfcs() -> str:
    """A table made from comments and docstrings; an RFC without a title in the list is an error."""
    titles = known_titles()
    rows = [
        (f"RFC\N{NO-BREAK SPACE}{number}", titles[number], _listed(modules))
        for number, modules in sorted(cited().items())
    ]
    return page(
        "RFCs",
        "What the code cites as its source, and where. The list is generated from comments and"
        " docstrings whenever this site is built.",
        table(("RFC", "title", "cited in"), rows),
    )


def _listed(modules: list[str]) -> str:
    """Modules by name, but a room by its own where many of its modules cite the same."""
    rooms: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        rooms[module.rpartition("/")[0]].append(module)
    return ", ".join(
        f"`{room}/` ({len(found)} files)" if len(found) > MANY else f"`{module}`"
        for room, found in rooms.items()
        for module in found[: 1 if len(found) > MANY else None]
    )


def known_titles() -> dict[int, str]:
    """Title by number."""
    with TITLES.open(encoding="utf-8", newline="") as file:
        return {int(row["number"]): row["title"] for row in csv.DictReader(file)}


def cited() -> dict[int, list[str]]:
    """Modules by the number of the RFC that they cite, tables included."""
    found: dict[int, set[str]] = defaultdict(set)
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.csv")]):
        module = path.relative_to(PACKAGE).as_posix()
        for number in _CITED.findall(path.read_text(encoding="utf-8")):
            found[int(number)].add(module)
    return {number: sorted(modules) for number, modules in found.items()}
