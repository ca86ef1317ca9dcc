"""Deliveries of a journal, message by message."""

from __future__ import annotations

from collections.abc import Iterator

from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.merge.journal.schema import RecipientRecord


class Delivered:
    """What is known of each message's recipients, each message taken once.

    The journal has messages in the order in which their rows were planned first. Taken in that
    order, none but the one that is asked for is in memory; otherwise those that were passed are.

    Args:
        journal: None before the first run.
    """

    def __init__(self, journal: JournalReader | None) -> None:
        self._left = iter(()) if journal is None else journal.delivered()
        self._next = next(self._left, None)
        self._passed: dict[int, list[RecipientRecord]] = {}

    def take(self, message: int) -> list[RecipientRecord]:
        """The recipients of a message; none if it was not tried, or taken before."""
        while (first := self._next) is not None and first.message <= message:
            many = self._all_of(first)
            if first.message == message:
                return many
            self._passed[first.message] = many
        return self._passed.pop(message, [])

    def _all_of(self, first: RecipientRecord) -> list[RecipientRecord]:
        """The recipients of the next message, which are read now."""
        many = [first]
        while (one := next(self._left, None)) is not None and one.message == first.message:
            many.append(one)
        self._next = one
        return many

    def rest(self) -> Iterator[RecipientRecord]:
        """The recipients of all messages that were not taken."""
        for many in self._passed.values():
            yield from many
        while self._next is not None:
            yield from self._all_of(self._next)
