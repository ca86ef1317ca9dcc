"""Status line below a waiting cell: the reason, the time, and how to end it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smtp_nb.model.display import masked, visible

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

    from smtp_nb.model.events import ConnectionStatusEvent

Later = Callable[[float, Callable[[], None]], Callable[[], None]]
"""Calls a function after some seconds; returns what prevents it."""


def _later(seconds: float, tell: Callable[[], None]) -> Callable[[], None]:
    # In a copied context: without it, ipykernel 7.0 does not know which cell speaks.
    timer = threading.Timer(seconds, contextvars.copy_context().run, [tell])
    timer.daemon = True
    timer.start()
    return timer.cancel


class WaitingLine:
    """Shows what a cell waits for once that takes long, and takes it away again.

    It is a handler of ConnectionStatus, for what sessions wait for; `during` is for all else. A
    saved notebook keeps none of it.

    Args:
        later: the timer.
    """

    def __init__(self, later: Later = _later) -> None:
        self._later = later
        self._lock = threading.Lock()
        self._handle: DisplayHandle | None = None
        self._thread = 0

    def __call__(self, event: ConnectionStatusEvent) -> None:
        if event.is_waiting:
            self._show(visible(masked(event.connection_event)), threading.get_ident())

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Say what is awaited inside, if that takes more than 2 s."""
        from smtp_nb.flows import limits

        thread, is_over = threading.get_ident(), threading.Event()

        def tell() -> None:
            with self._lock:
                if not is_over.is_set():
                    self._show(f"waiting for {what}", thread)

        cancel = self._later(limits.PATIENCE, tell)
        try:
            yield
        finally:
            cancel()
            with self._lock:
                is_over.set()
            self.clear()

    def clear(self) -> None:
        """The wait is over. What a job says meanwhile on its own thread ends no other wait."""
        if threading.get_ident() == self._thread:
            self._take_back()

    def _take_back(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.update({"text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]  # IPython's

    def _show(self, text: str, thread: int) -> None:
        """Show it for the thread that waits."""
        from IPython.display import display

        if thread == self._thread:
            self._take_back()
        self._thread = thread
        data = {"text/plain": f"{text}; the stop button ends it"}
        self._handle = display(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]
