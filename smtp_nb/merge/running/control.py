"""Run control from other threads: pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Callable


class RunControl:
    """The three words: pause, resume, cancel.

    Attributes:
        nudge: wakes the threads that wait; set by the run.
    """

    def __init__(self) -> None:
        self.is_cancelled = False
        self.is_paused = False
        self.nudge: Callable[[], None] = _nobody

    def pause(self) -> None:
        """Begin no further message until `resume()`; what is under way finishes."""
        self.is_paused = True

    def resume(self) -> None:
        """Go on after `pause()`."""
        self.is_paused = False
        self.nudge()

    def cancel(self) -> None:
        """Begin no further message and end; what is under way finishes."""
        self.is_cancelled = True
        self.nudge()


def _nobody() -> None:
    """No thread waits."""
