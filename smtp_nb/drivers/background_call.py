"""Background call: a thread for what can be neither timed nor stopped, such as a read from a
pipe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundCall(Generic[T]):
    """A call that begins at once. The caller may abandon it; the thread is a daemon.

    Args:
        work: what to call; in a copy of our context.
        wake: called when it is done, from the thread.
    """

    def __init__(self, work: Callable[[], T], wake: Callable[[], object]) -> None:
        self._work = work
        self._wake = wake
        self._results: list[T] = []
        self._error: BaseException | None = None
        self.is_done = False
        run = copy_context().run
        threading.Thread(target=run, args=[self._run], daemon=True, name="smtp_nb-call").start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:
            self._error = error
        self.is_done = True
        self._wake()

    def result(self) -> T:
        """What the call returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._results[0]
