"""One name for one thing, and files that a reader can hold in the head."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from statistics import median

from smtp_nb.model.enums import AuthMechanism
from smtp_nb.sasl.server.server import KNOWN_NAMES

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


def test_what_a_mechanism_is_stands_in_the_room_of_logins_alone() -> None:
    """A new mechanism is a member of the enumeration, a row, and its own file."""
    several = {f"AuthMechanism.{name}" for name in ("USER_PASSWORD", "AUTO", "APOP")}
    members = {f"AuthMechanism.{member.name}" for member in AuthMechanism} - several
    found = defaultdict(set)
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in KNOWN_NAMES:
                found[str(path.relative_to(PACKAGE))].add(node.value)
            if isinstance(node, ast.Attribute) and ast.unparse(node) in members:
                found[str(path.relative_to(PACKAGE))].add(node.attr)
    assert {name: words for name, words in found.items() if not name.startswith("sasl/")} == {}
