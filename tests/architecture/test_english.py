"""What users read is English: no turn of phrase at which a native reader stops."""

from __future__ import annotations

import ast
import csv
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import smtp_nb

PACKAGE = Path(smtp_nb.__file__).parent

# All rooms; `test_every_room_is_read` says if one is missing.
ROOMS = (
    "ambient",
    "classroom",
    "client",
    "compose",
    "drivers",
    "errors",
    "flows",
    "merge",
    "model",
    "notebook",
    "protocol",
    "sandbox",
    "sasl",
    "testing",
    "widgets",
    "wire",
    "wording",
)

# Where names are promised to others.
PUBLIC = (
    "smtp_nb",
    "smtp_nb.client.oauth",
    "smtp_nb.client.passwords",
    "smtp_nb.merge",
    "smtp_nb.sandbox",
)

# What the text does, and what a native writes there instead.
PATTERNS = {
    "come about": r"\b(come|comes|came) about\b",
    "is no x": r"(?<!here )\b(?:is|are|was|were) no (?!longer\b|more\b)",
    "there is no x": r"^[Tt]here (?:is|are|was|were) (?:no|nobody)\b",
    "behind for after": r"(?<!left )\bbehind (?!a SOCKS|a proxy)",
    "so many": r"\bso (?:many|much|long|often)\b(?! as)",
    "somebody": r"\b(?:some|no|any|every)body\b|(?:^|[.;] )[Ww]ho(?:ever)? (?![^.;]*\?)",
    "gives": r"\b(?:gives|gave)\b(?! up)",
    "tells": r"\b(?:tells|told)\b",
    "octets": r"\b[Oo]ctets?\b(?!:|-stream| without an end of line)",
    "for ever": r"\bfor ever\b|\bon and on\b|\bthrown away\b",
    "the reference": r"\b(?:in|beyond|of) the reference\b|\(reference:",
    "under way": r"\bunder way\b",
    "at work": r"\bat work\b",
    "takes back": r"\btaken? (?:back|out|away)\b|\btakes (?:back|out|away)\b",
}


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a file that are no docstrings; `…` for what is filled in."""
    tree = ast.parse(path.read_text("utf-8"))
    inner = {
        id(part)
        for node in ast.walk(tree)
        for part in (
            ast.walk(node)
            if isinstance(node, ast.JoinedStr)
            else [node.value]
            if isinstance(node, ast.Expr)
            else ()
        )
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else "…" for v in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and id(node) not in inner:
            text = node.value if isinstance(node.value, str) else ""
            if " " in text.strip():
                yield node.lineno, text


def script(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a script of a view."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for text in re.findall(r'"([^"]* [^"]*)"', line.partition("// ")[0]):
            yield number, text


def cells(path: Path) -> Iterator[tuple[int, str]]:
    """The sentences of a table of explanations."""
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            for column in ("meaning", "cause", "remedy"):
                yield number, row[column]


def public_docs() -> Iterator[tuple[str, str, str]]:
    """Module, name and docstring of what others may use."""
    for module in map(importlib.import_module, PUBLIC):
        listed = getattr(module, "__all__", None) or [
            name for name, kept in vars(module).items() if inspect.isfunction(kept)
        ]
        for name in listed:
            thing = getattr(module, name)
            if inspect.isclass(thing):
                for kind in thing.__mro__:
                    yield kind.__module__, kind.__name__, vars(kind).get("__doc__") or ""
                    for member in filter(is_public, vars(kind)):
                        kept = vars(kind)[member]
                        if isinstance(kept, property) or inspect.isroutine(kept):
                            yield kind.__module__, f"{kind.__name__}.{member}", kept.__doc__ or ""
            elif inspect.isfunction(thing):
                yield thing.__module__, name, thing.__doc__ or ""


def is_public(name: str) -> bool:
    return not name.startswith("_")


@cache
def texts(room: str) -> list[tuple[str, str]]:
    return list(read(room))


def read(room: str) -> Iterator[tuple[str, str]]:
    """Where each text of a room stands, and the text."""
    for path in sorted({*(PACKAGE / room).rglob("*"), *PACKAGE.glob(f"{room}.py")}):
        name = path.relative_to(PACKAGE).as_posix()
        reader = {".py": literals, ".js": script, ".csv": cells}.get(path.suffix)
        if reader is not None:
            for line, text in reader(path):
                yield f"{name}:{line}", text
        if path.suffix == ".py":
            doc = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
            yield f"{name}:1", doc.partition("\n")[0]
    prefix = f"smtp_nb.{room.replace('/', '.')}"
    for home, name, doc in public_docs():
        if home == prefix or home.startswith(prefix + "."):
            yield f"{home}:{name}", " ".join(doc.split())


def test_every_room_is_read() -> None:
    found = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith(("__", "."))}
    assert found - {"py"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_users_read_no_such_phrase(room: str, pattern: str) -> None:
    odd = re.compile(PATTERNS[pattern])
    assert sorted({f"{where}: {text}" for where, text in texts(room) if odd.search(text)}) == []
