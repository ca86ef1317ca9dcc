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


def test_no_file_is_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert [str(path) for path, length in lengths.items() if length > 400] == []


def test_half_of_the_functions_are_short() -> None:
    functions = [
        node
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert median(map(lines_of_body, functions)) <= 4


def lines_of_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function, without its head and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_half_of_the_files_are_short() -> None:
    assert median(len(path.read_text("utf-8").splitlines()) for path in MODULES) <= 150
