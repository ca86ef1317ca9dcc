"""Feeds of which a page needs the newest message only, such as progress."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from smtp_nb.widgets.sender import ViewMessage

PAUSE_S = 0.1


class LatestValue:
    """Keeps the newest message and lets it leave at most ten times a second.

    Args:
        clock: seconds from an arbitrary point.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._message: ViewMessage | None = None
        self._is_new = False
        self._not_before = 0.0

    def put(self, message: ViewMessage) -> None:
        """This is how it stands now."""
        with self._lock:
            self._message, self._is_new = message, True

    def replay(self) -> None:
        """A page has nothing yet: send the newest again."""
        with self._lock:
            self._is_new = self._message is not None

    def wait_s(self) -> float | None:
        """How long the message must wait; None if the page has it."""
        return max(0.0, self._not_before - self._clock()) if self._is_new else None

    def next_message(self) -> ViewMessage | None:
        """The newest message, if it is new and may leave now."""
        if self.wait_s() != 0.0:
            return None
        self._not_before = self._clock() + PAUSE_S
        with self._lock:
            self._is_new = False
            return self._message


class LatestMade:
    """Makes a message when something has changed, and the next one not before a pause is over.

    To make them takes a tenth of the time at most, for the machine belongs to the cell that sends.

    Args:
        make: returns the message.
        pause_s: the shortest pause.
        clock: seconds from an arbitrary point.
    """

    def __init__(
        self,
        make: Callable[[], ViewMessage],
        pause_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._pause_s = pause_s
        self._clock = clock
        self._is_new = False
        self._not_before = 0.0

    def touch(self) -> None:
        """Something has changed."""
        self._is_new = True

    def wait_s(self) -> float | None:
        """How long the next message must wait; None if nothing has changed."""
        return max(0.0, self._not_before - self._clock()) if self._is_new else None

    def next_message(self) -> ViewMessage | None:
        """The message of now, if it may leave now."""
        if self.wait_s() != 0.0:
            return None
        self._is_new = False
        began = self._clock()
        message = self._make()
        ended = self._clock()
        self._not_before = began + max(self._pause_s, 10 * (ended - began))
        return message
