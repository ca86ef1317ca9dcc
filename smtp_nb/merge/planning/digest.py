"""Message digests, which detect rows that would get a different message now.

A digest covers the template as it is written, the values that it names, in cells as in its
context, and the bytes of the attachments; never what no message shows. It is keyed with the
campaign's salt, so that values cannot be tried out on a journal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from jinja2 import Undefined

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.merge.rows.rows import Row
from smtp_nb.merge.templates.template import Compiled

SIZE = 16
# Deeper than any table in a cell; a value that holds itself ends here.
_DEEPEST = 20


class _Sink(Protocol):
    def update(self, data: bytes, /) -> None: ...


class Digests:
    """Makes the digests of one campaign's rows.

    Args:
        template: the digest of the template itself, without its context.
        salt: of the campaign.
    """

    def __init__(self, compiled: Compiled, template: str, salt: str) -> None:
        self._compiled = compiled
        self._common = _keyed(salt)
        self._common.update(template.encode())
        _feed(self._common, compiled.context_in_use)
        self._files: dict[int, tuple[object, bytes]] = {}
        self._reads_files = compiled.reads_files
        self._names = _Names()

    def of(self, row: Row) -> str:
        """The digest of what this row is sent.

        Raises:
            InputError: its files cannot be read.
        """
        digest = self._common.copy()
        digest.update(self._spelled(row).encode("utf-8", "surrogatepass"))
        if self._reads_files:
            for part in self._compiled.files(row):
                digest.update(self._of_file(part))
        return str(digest.hexdigest())

    def _spelled(self, row: Row) -> str:
        """What `_feed` writes of a row: most of its values are short texts and numbers."""
        names = self._names
        return f"map({''.join([names[name] + _cell(value) for name, value in row.items()])})"

    def of_all(self, keys: Iterable[str], columns: Mapping[Hashable, pd.Series]) -> str:
        """One digest of all rows, made by the column; empty where only each row can tell.

        Args:
            keys: of the rows, in order.
            columns: those that the template names.
        """
        if self._reads_files or not all(map(_is_simple, columns.values())):
            return ""
        digest = self._common.copy()
        digest.update("\n".join(keys).encode("utf-8", "surrogatepass"))  # none holds a control
        for name, column in columns.items():
            _feed(digest, [name, str(column.dtype)])
            digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
        return str(digest.hexdigest())

    def _of_file(self, part: Attachment | EncodedPart) -> bytes:
        if isinstance(part, Attachment):
            return _of_chunks(part)
        # A common one, encoded once: it is kept, so that its number stays its own.
        if id(part) not in self._files:
            self._files[id(part)] = (part, _of_chunks(part))
        return self._files[id(part)][1]


class _Names(dict[Hashable, str]):
    """What `_feed` writes of the columns' names."""

    def __missing__(self, name: Hashable) -> str:
        self[name] = _text_of(name)
        return self[name]


def _cell(value: object) -> str:
    """What `_feed` writes of a cell, as text: most are texts and integers."""
    if type(value) is str:
        size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
        return f"s{size}:{value}"
    if type(value) is int:
        digits = str(value)
        return f"n{len(digits)}:{digits}"
    return _text_of(value, 1)


def _is_simple(column: pd.Series) -> bool:
    """True if pandas' own hash tells all values apart: numbers, times, nothing but texts."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufM":
        return True
    return pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty")


def _keyed(salt: str) -> Any:  # hashlib's type has no public name
    return hashlib.blake2b(key=salt.encode(), digest_size=SIZE)


def _of_chunks(part: Attachment | EncodedPart) -> bytes:
    digest = hashlib.blake2b(part.head("attachment"), digest_size=SIZE)
    for chunk in part.chunks():
        digest.update(chunk)
    return digest.digest()


def _feed(sink: _Sink, value: object, depth: int = 0) -> None:
    """Write a value so that equal ones look the same and different ones do not."""
    kind, content = _spelled(value)
    if isinstance(content, str):
        octets = content.encode("utf-8", "surrogatepass")
        sink.update(f"{kind}{len(octets)}:".encode() + octets)
        return
    if depth > _DEEPEST:
        sink.update(b"...")
        return
    sink.update(f"{kind}(".encode())
    for entry in content:
        _feed(sink, entry, depth + 1)
    sink.update(b")")


def _text_of(value: object, depth: int = 0) -> str:
    """What `_feed` writes of a value, as text."""
    found: list[bytes] = []
    _feed(SimpleNamespace(update=found.append), value, depth)
    return b"".join(found).decode("utf-8", "surrogatepass")


def _spelled(value: object) -> tuple[str, str | Iterable[object]]:
    """The kind of a value, and its text or what it consists of."""
    for types, spell in _SPELLINGS:
        if isinstance(value, types):
            return spell(value)
    return _of_another_kind(value)


def _of_another_kind(value: Any) -> tuple[str, str | Iterable[object]]:
    if hasattr(value, "to_string") and hasattr(value, "data"):
        return "styled", str(value.to_string())  # what a Styler shows, not what it hides
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return _spelled(value.tolist())
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "-", ""
    name = type(value).__qualname__
    text = repr(value)
    return name, "" if " at 0x" in text else text


def _number(value: float) -> tuple[str, str]:
    if value != value:
        return "-", ""
    # A hole somewhere in a column makes floats of its integers.
    return "n", str(int(value)) if value in (int(value), -0.0) else repr(value)


def _float(value: float) -> tuple[str, str]:
    return ("n", repr(value)) if value in (float("inf"), float("-inf")) else _number(value)


# What a value is, the narrower first, and how it is spelled.
_SPELLINGS: tuple[tuple[Any, Callable[[Any], tuple[str, str | Iterable[object]]]], ...] = (
    (str, lambda v: ("s", v)),
    (bool, lambda v: ("b", str(v))),
    (int, lambda v: ("n", str(v))),
    (float, _float),
    ((type(None), Undefined), lambda v: ("-", "")),
    (bytes, lambda v: ("o", v.hex())),
    (pd.DataFrame, lambda v: ("frame", [*v.columns, *v.itertuples(index=False, name=None)])),
    (pd.Series, lambda v: ("list", v.tolist())),
    (Mapping, lambda v: ("map", [part for item in v.items() for part in item])),
    (Set, lambda v: ("set", sorted(map(str, v)))),
    (Sequence, lambda v: ("list", v)),
)
