"""The conformance table, and the tests that it links to."""

from __future__ import annotations

import ast
import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from generator.docstrings import summary
from generator.rows import label, meaning
from generator.text import page, prose, section, table
from smtp_nb.client.settings.reference import Conformance, Row, rows

TITLES = {
    "property": "Properties",
    "setting": "Settings",
    "method": "Methods",
    "event": "Events",
    "event field": "Fields of events",
    "type field": "Fields of types",
    "constructor": "Constructors",
    "value": "Values of enumerations and flags",
    "error": "Errors",
}
Tests = dict[str, list[str]]
"""Name of a row -> `file::function` of each test that shows it."""


def conformance(tests: Tests) -> str:
    """All rows with their state and the tests that show it."""
    every = list(rows())
    counts, said = Counter(row.state for row in every), promises()
    blocks = []
    for kind, title in TITLES.items():
        lines = [_line(row, tests.get(row.marker, []), said) for row in every if row.kind == kind]
        blocks.append(f"## {title}")
        blocks.append(table(("IPWorks, smtp_nb", "what it promises", "state", "shown by"), lines))
    return page(
        "Conformance",
        f"All {len(every)} rows of IPWorks SMTP 2022 (.NET), each with its IPWorks name, its name"
        " here, its promise, its state, and the tests that show it at work. A test fails if a"
        " row has none.",
        table(("state", "rows"), [(state.value, str(counts[state])) for state in Conformance]),
        *blocks,
    )


def promises() -> dict[tuple[str, str, str], str]:
    """What IPWorks says of its rows, in a few words: kind, owner and name to a sentence."""
    with (Path(__file__).parent / "promises.csv").open(encoding="utf-8", newline="") as file:
        return {
            (line["kind"], line["owner"], line["name"]): line["sentence"]
            for line in csv.DictReader(file)
        }


def promise(row: Row, said: dict[tuple[str, str, str], str]) -> str:
    """What a row promises: in IPWorks' sense, or in our own words where it says nothing."""
    return said.get((row.kind, row.owner, row.name)) or meaning(row) or row.why


def _line(
    row: Row, tests: list[str], said: dict[tuple[str, str, str], str]
) -> tuple[str, str, str, str]:
    there = row.name if row.kind == "constructor" else f"{row.owner}.{row.name}"
    why = f"**{row.state.value}**: {prose(row.why)}" if row.why else row.state.value
    links = "<br>".join(f"[{_promise(test)}](#{test_label(test)})" for test in tests)
    names = f"[{there}](#{label(row)})<br>`{row.python}`"
    return names, prose(promise(row, said)), why, links


def _promise(test: str) -> str:
    return test.rpartition("::")[2].removeprefix("test_").replace("_", " ")


def test_label(test: str) -> str:
    """The label of the source of a test."""
    return test.removeprefix("tests/").replace("/", "-").replace("::", "-").replace(".py", "")


# Pages for those who follow a link: in no list of the side bar, and found by no search.
_EVIDENCE = "---\norphan: true\nnosearch: true\n---\n\n"
UNSEARCHED = "---\nnosearch: true\n---\n\n"


def test_pages(tests: Tests, root: Path) -> Iterator[tuple[str, str]]:
    """For each file with such tests: its name under `tests/`, and a page with their source."""
    rows_of = defaultdict(list)
    for row, names in tests.items():
        for name in names:
            rows_of[name].append(row)
    for file, shown_here in groupby(sorted(rows_of), key=lambda name: name.partition("::")[0]):
        source = (root / file).read_text("utf-8")
        tree = ast.parse(source)
        shown = [_shown(source, tree, name, rows_of[name]) for name in shown_here]
        title = file.removeprefix("tests/")
        said = summary(ast.get_docstring(tree))
        yield title.removesuffix(".py"), _EVIDENCE + page(f"`{title}`", prose(said), *shown)


def test_index(names: Iterable[str]) -> str:
    """The list of those pages."""
    return page(
        "Tests",
        "The tests that the [conformance table](../conformance.md) links to, by file.",
        "\n".join(f"- [`{name}.py`]({name}.md)" for name in names),
    )


def _shown(source: str, tree: ast.Module, test: str, names: list[str]) -> str:
    function = test.rpartition("::")[2]
    (node,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
    )
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    lines = source.splitlines()[first - 1 : node.end_lineno]
    code = "~~~~python\n" + "\n".join(lines) + "\n~~~~"
    return section(test_label(test), _promise(test), f"Shows {', '.join(names)}.", code)
