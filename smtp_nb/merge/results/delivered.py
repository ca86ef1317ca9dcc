"""Deliveries of a journal, message by message."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.journal.schema import RecipientRecord

_MESSAGE = attrgetter("message")


class Delivered:
    """What is known of each message's recipients, each message taken once.

    The journal has messages in the order in which their rows were planned first. Taken in that
    order, none but the one that is asked for is in memory; otherwise those that were passed are.

    Args:
        journal: None before the first run.
    """

    def __init__(self, journal: JournalReader | None) -> None:
        found = iter(()) if journal is None else journal.delivered()
        self._left = ((number, list(many)) for number, many in groupby(found, key=_MESSAGE))
        self._next = next(self._left, None)
        self._passed: dict[int, list[RecipientRecord]] = {}

    def take(self, message: int) -> list[RecipientRecord]:
        """The recipients of a message; none if it was not tried, or taken before."""
        while self._next is not None and self._next[0] <= message:
            number, many = self._next
            self._next = next(self._left, None)
            if number == message:
                return many
            self._passed[number] = many
        return self._passed.pop(message, [])

    def rest(self) -> Iterator[RecipientRecord]:
        """The recipients of all messages that were not taken."""
        for many in self._passed.values():
            yield from many
        while self._next is not None:
            yield from self._next[1]
            self._next = next(self._left, None)
