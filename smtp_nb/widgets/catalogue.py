"""Catalogue of everything that `explain` knows, for browsing and searching."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from smtp_nb.errors import CODES, WINSOCK, error_classes
from smtp_nb.model.about import deed
from smtp_nb.model.explain import (
    commands,
    enhanced_codes,
    error_entry,
    extensions,
    outcomes,
    providers,
    replies,
)
from smtp_nb.model.knowledge.faults import faults
from smtp_nb.model.knowledge.meanings import Meaning

_CODE = re.compile(r"[0-9][0-9.]*\Z")
_WORD = re.compile(r"[a-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class KnownMeaning:
    """A row of the catalogue.

    Attributes:
        group: which kind of thing it is.
        what: a code, a keyword, or the words that report it.
        codes: the codes under which it is found.
        about: what a refusal is about; empty for what is none.
    """

    group: str
    what: str
    meaning: str
    cause: str
    remedy: str
    source: str
    about: str = ""
    codes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, in lower case, for searching."""
        parts = (self.group, self.what, self.meaning, self.cause, self.remedy, self.about)
        return " ".join((*parts, self.source)).lower()


def _row(
    group: str, what: str, entry: Meaning, codes: Iterable[str] = (), code: int = 0
) -> KnownMeaning:
    about = (deed(entry.about, code) or ("",))[0] if code else ""
    return KnownMeaning(
        group, what, entry.meaning, entry.cause, entry.remedy, entry.source, about, tuple(codes)
    )


@cache
def catalogue() -> tuple[KnownMeaning, ...]:
    """Return all rows, those of a group together."""
    return (
        *_reply_rows(),
        *(_row("Extensions (EHLO)", name, entry) for name, entry in extensions().items()),
        *(_row("Commands", name, entry) for name, entry in commands().items()),
        *(_row("Outcomes", name, entry) for name, entry in outcomes().items()),
        *(_row(row.group, row.name, row.entry) for row in faults()),
        *_error_rows(),
    )


def _reply_rows() -> Iterator[KnownMeaning]:
    for key, entry in replies().items():
        what = key if len(key) > 1 else f"{key}yz"
        code = int(key) if len(key) > 1 else int(f"{key}50")
        yield _row("Reply codes", what, entry, [key], code)
    for key, entry in enhanced_codes().items():
        what, codes = f"X.{key}", [key, f"4.{key}", f"5.{key}"]
        yield _row("Enhanced status codes", what, entry, codes, 550)
    for row in providers():
        codes = row.example.split()[:2]
        known = [code for code in codes if _CODE.match(code)]
        yield _row("Words of servers", row.example, row.entry, known, int(row.example[:3]))


def _error_rows() -> Iterator[KnownMeaning]:
    names = [("Error classes", name) for name in error_classes()]
    names += [("Error numbers", str(number)) for number in (*sorted(CODES), *WINSOCK)]
    for group, name in names:
        if (entry := error_entry(name)) is not None:
            yield _row(group, name, entry, [name] if name.isdigit() else [])


def search(words: str) -> list[KnownMeaning]:
    """Return the rows that hold all the words, the one that is called so first; a code finds what
    begins with it.
    """
    tokens, named = _WORD.findall(words.lower()), words.strip().lower()
    found = [row for row in catalogue() if all(_fits(token, row) for token in tokens)]
    return sorted(found, key=lambda row: row.what.lower() != named)


def _fits(token: str, row: KnownMeaning) -> bool:
    if _CODE.match(token):
        return any(code.startswith(token) for code in row.codes)
    return token in row.text
