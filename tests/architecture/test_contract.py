"""The map of the rooms holds: who may call whom, and what is loaded when."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "smtp_nb"
HEAVY = ("pandas", "IPython", "ipywidgets", "anywidget", "jinja2", "OpenSSL")
# Public names are resolved here when they are first asked for.
RESOLVERS = [
    PACKAGE / "__init__.py",
    PACKAGE / "merge/__init__.py",
    PACKAGE / "widgets/__init__.py",
]


def loaded_by(statement: str) -> set[str]:
    """The modules of a fresh interpreter after a statement."""
    run = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


def calls_by_name(path: Path) -> set[str]:
    """The names of everything that a file calls, without what stands before the dot."""
    functions = [
        node.func
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    return {
        function.id if isinstance(function, ast.Name) else function.attr
        for function in functions
        if isinstance(function, ast.Name | ast.Attribute)
    }


def test_rooms_import_as_the_contracts_in_pyproject_say() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_imports_itself_in_a_circle_at_run_time() -> None:
    """Neither the rooms nor what lives in one, at any depth, imports inside functions included."""
    graph = grimp.build_graph("smtp_nb", exclude_type_checking_imports=True, cache_dir=None)
    # The text of an error is shown as all text of strangers is.
    graph.remove_import(importer="smtp_nb.errors", imported="smtp_nb.model.display")
    folders = [name for name in graph.modules if graph.find_children(name)]
    circles = {name: graph.nominate_cycle_breakers(name) for name in folders}
    assert {name: found for name, found in circles.items() if found} == {}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_import_hides_from_the_contract(path: Path) -> None:
    """A module named in a string would be seen by no import contract."""
    if path not in RESOLVERS:
        assert not {"import_module", "__import__"} & calls_by_name(path)


@pytest.mark.parametrize("path", RESOLVERS, ids=lambda path: path.parent.name)
def test_what_is_resolved_later_is_imported_where_the_contract_sees_it(path: Path) -> None:
    """For type checkers, whose imports count as all others do."""
    source = path.read_text("utf-8")
    package = path.parent.relative_to(PACKAGE.parent).as_posix().replace("/", ".")
    homes = vars(importlib.import_module(package))["_HOMES"]
    if package == "smtp_nb":
        homes = {name: home for home, names in homes.items() for name in names}
    seen = {
        name.name: node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert {name: seen.get(name) for name in homes} == homes


def test_the_client_loads_none_of_what_notebooks_need() -> None:
    assert loaded_by("from smtp_nb import SMTP").isdisjoint(HEAVY)


def test_the_client_loads_what_it_does_later_when_it_does_it() -> None:
    """A driver with the first component, what composes with the first message."""
    later = {f"smtp_nb.{room}" for room in ("drivers", "compose", "wire", "sasl", "sandbox")}
    later |= {"asyncio", "sqlite3", "ssl", "email", "logging", "cryptography"}
    assert loaded_by("from smtp_nb import SMTP").isdisjoint(later)


def test_the_package_alone_loads_no_room() -> None:
    assert not {name for name in loaded_by("import smtp_nb") if name.startswith("smtp_nb.")}
