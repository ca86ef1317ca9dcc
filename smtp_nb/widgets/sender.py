"""Background sender of a feed's messages."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

IDLE_S = 1.0
_log = logging.getLogger(__name__)

ViewMessage = dict[str, Any]
"""What a page gets: plain values that JSON can spell."""


class Feed(Protocol):
    """What there is to send, and when it may leave."""

    def wait_s(self) -> float | None:
        """How long the next message must wait; None if there is nothing to send."""

    def next_message(self) -> ViewMessage | None:
        """The next message, if it may leave now."""


class MessageSender:
    """Carries messages from a feed to a view, and stops neither for the other.

    The thread lives while there is something to carry and runs in a copy of the context in which
    the sender was made: without it, ipykernel 7.0 does not know which cell a message belongs to and
    raises. Whatever the view raises is logged, never passed on: a view must not stop a send.
    """

    def __init__(
        self, feed: Feed, send: Callable[[ViewMessage], None], idle_s: float = IDLE_S
    ) -> None:
        self._feed = feed
        self._send = send
        self._idle_s = idle_s
        self._context = contextvars.copy_context()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """There is something to carry."""
        if not self._wake.is_set():  # setting it again costs a lock for every line
            self._wake.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            work = self._context.copy().run
            thread = threading.Thread(
                target=work, args=(self._run,), name="smtp_nb view", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # the interpreter is on its way out
                return
            self._thread = thread

    def _run(self) -> None:
        while self._wake.wait(self._idle_s) or not self._rest():
            self._wake.clear()
            self._drain()

    def _rest(self) -> bool:
        """End the thread, unless it was woken this very moment."""
        with self._lock:
            if self._wake.is_set():
                return False
            self._thread = None
            return True

    def _drain(self) -> None:
        """Send until nothing is left, at the feed's pace."""
        pause = threading.Event()
        while (wait := self._feed.wait_s()) is not None:
            pause.wait(wait)
            if (message := self._feed.next_message()) is not None:
                self._deliver(message)

    def _deliver(self, message: ViewMessage) -> None:
        try:
            self._send(message)
        except Exception:
            _log.debug("a view did not accept a message", exc_info=True)
