"""The people of a class, and an order of them for each student."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

_TEXT = """
ada ali amy ann ben bea cem cora dan dina eli ella emil eva finn gina hugo ida ivan jana
jim kai kim lena leo lily luca mara max mia nils nina omar pia rosa sam tara tom uma yusuf
"""
NAMES = tuple(_TEXT.split())
DOMAIN = "class.test"


def addresses(count: int) -> tuple[str, ...]:
    """As many mailboxes of the class, in alphabetical order."""
    return tuple(f"{name}@{DOMAIN}" for name in NAMES[:count])


def shuffled(items: Iterable[str], word: str) -> list[str]:
    """The items in an order that depends on a student's word, the same on every machine."""
    return sorted(items, key=lambda item: sha256(f"{word}\0{item}".encode()).digest())
