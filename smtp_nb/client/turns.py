"""Serialisation of awaited calls on one object, first come, first served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from smtp_nb.errors import BusyError


@dataclass(slots=True, eq=False)
class _Call:
    """A call that has its turn, seen from the code that runs in its course."""

    turns: Turns
    is_at_work: bool = True


_CALLS: ContextVar[tuple[_Call, ...]] = ContextVar("smtp_nb_calls", default=())


class Turns:
    """The turns on one object, in one event loop at a time."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Wait until the calls before this one have ended.

        Raises:
            BusyError: one of them waits for this one, as from a handler of its own events: neither
                would ever end.
        """
        before = _CALLS.get()
        if any(call.turns is self and call.is_at_work for call in before):
            raise BusyError(
                "a handler called the object whose call it runs in",
                remedy="Call it after that call has ended, or use a second object",
            )
        async with self._lock_of_this_loop():
            call = _Call(self)
            _CALLS.set((*before, call))
            try:
                yield
            finally:
                call.is_at_work = False
                _CALLS.set(before)

    def _lock_of_this_loop(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._lock = loop, asyncio.Lock()
        return self._lock
