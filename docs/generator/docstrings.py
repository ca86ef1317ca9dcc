"""Docstrings as Markdown: of a class, a method, an attribute, a value."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from functools import cache

_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$", re.MULTILINE)
_ITEM = re.compile(r"^    (\S[^:\n]*): ", re.MULTILINE)
# Each page prints the IPWorks name itself.
_REFERENCE = re.compile(r"\s*\(IPWorks:\s+\w+(, deprecated)?\)|;\s+IPWorks:\s+\w+(?=\))")
_TITLES = {"Args": "Parameters"}
# A sentence, which may hold a colon: no list of names.
_SENTENCES = {"Returns", "Yields"}


def summary(doc: str | None) -> str:
    """The first paragraph, on one line."""
    return " ".join(_clean(doc).partition("\n\n")[0].split())


def markdown(doc: str | None) -> str:
    """All of it; sections such as `Raises:` become lists."""
    pieces = _SECTION.split(_clean(doc))
    text = [pieces[0].strip()]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        said = textwrap.dedent(body.strip("\n")) if title in _SENTENCES else _items(body)
        text.append(f"**{_TITLES.get(title, title)}**\n\n{said}")
    return "\n\n".join(text)


def attribute(owner: type, name: str) -> str:
    """What one attribute, method or value of a class means; empty if undocumented."""
    for kind in owner.__mro__:
        if told := _listed(kind).get(name) or _under_lines(kind).get(name):
            return told
        if _says_itself(vars(kind).get(name)):
            return summary(vars(kind)[name].__doc__)
    return ""


def _says_itself(member: object) -> bool:
    """True for a property or method; the docstring of a slot or a number is Python's."""
    if inspect.ismemberdescriptor(member):
        return False
    return inspect.isroutine(member) or inspect.isdatadescriptor(member)


def _clean(doc: str | None) -> str:
    return _REFERENCE.sub("", inspect.cleandoc(doc or ""))


def _items(body: str) -> str:
    body = body.strip("\n")
    if not _ITEM.search(body):
        return textwrap.dedent(body)
    pieces = _ITEM.split(body)
    return "\n".join(
        f"- `{name}`: {' '.join(text.split())}"
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True)
    )


@cache
def _listed(kind: type) -> dict[str, str]:
    """The section `Attributes:` of a class's docstring."""
    pieces = _SECTION.split(_clean(kind.__doc__))
    body = dict(zip(pieces[1::2], pieces[2::2], strict=True)).get("Attributes", "")
    items = _ITEM.split(body.strip("\n"))
    return {
        name: " ".join(text.split()) for name, text in zip(items[1::2], items[2::2], strict=True)
    }


@cache
def _under_lines(kind: type) -> dict[str, str]:
    """The docstrings below the assignments in a class, as with the values of enumerations."""
    try:
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    except (OSError, TypeError):
        return {}
    assert isinstance(body, ast.ClassDef)
    found = {}
    for line, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(line, ast.Assign) and isinstance(text, ast.Expr):
            (target,) = line.targets
            assert isinstance(target, ast.Name)
            assert isinstance(text.value, ast.Constant)
            found[target.id] = summary(str(text.value.value))
    return found
