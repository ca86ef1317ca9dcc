"""Faults below SMTP: TLS, logins, proxies and the network, by the words in which they are reported.

OpenSSL, Python, PySocks, providers and smtp_nb itself each have words of their own for one fault.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from smtp_nb.model.knowledge.meanings import Meaning, entry_of, rows_of

_LONGEST = 2_000  # characters that are looked at: these are lines of programs, not letters


class FaultRow(NamedTuple):
    """A kind of fault: its group, what it is called, the words that tell it, and an example."""

    group: str
    name: str
    words: re.Pattern[str]
    entry: Meaning
    example: str


@cache
def faults() -> tuple[FaultRow, ...]:
    """Return the kinds of fault, the closest match first."""
    return tuple(
        FaultRow(
            row["group"],
            row["key"],
            re.compile(row["text"], re.IGNORECASE),
            entry_of(row),
            row["example"],
        )
        for row in rows_of("faults")
    )


def fault_in(text: str) -> Meaning | None:
    """Return what a line of a program says that is no reply, if it is a known fault."""
    words = " ".join(text[:_LONGEST].split())
    return next((row.entry for row in faults() if row.words.search(words)), None)
