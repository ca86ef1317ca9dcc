"""Names of queue files, which sort by age."""

from __future__ import annotations

import threading

from smtp_nb import ambient


class Ages:
    """Nanoseconds since 1970 that grow from call to call.

    The clock alone will not do: on Windows it steps every 15.6 ms, and it may be set back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clock = ambient.current()
        self._last = 0

    def next(self) -> int:
        """The present, or 1 ns more than the last answer."""
        with self._lock:
            clock = ambient.current()
            if clock is not self._clock:  # a lesson's own time begins, or ends
                self._clock, self._last = clock, 0
            self._last = max(int(clock.now() * 1e9), self._last + 1)
            return self._last


_ages = Ages()


def new_stem() -> str:
    """A name without its suffix: after all those that this process gave, and like no other."""
    return f"{_ages.next():020}-{ambient.random(8).hex()}"
