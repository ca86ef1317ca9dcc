"""One name for one thing, and files that a reader can hold in the head."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from statistics import median

PACKAGE = Path(__file__).parents[2] / "smtp_nb"
MODULES = sorted(PACKAGE.rglob("*.py"))


def test_no_class_name_is_defined_twice() -> None:
    homes = defaultdict(list)
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(str(path.relative_to(PACKAGE)))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_half_of_the_files_are_short() -> None:
    assert median(len(path.read_text("utf-8").splitlines()) for path in MODULES) <= 150
