"""Time limits of cells and exercises."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

HAS_ALARM = hasattr(signal, "setitimer")


class PatienceOver(KeyboardInterrupt):
    """A cell has had its time; to the notebook it looks like an interrupt of the kernel."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Interrupt what runs longer, where the system can (not on Windows, where the process that
    started this one ends it).

    Raises:
        PatienceOver: it ran longer.
    """
    if not HAS_ALARM:
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise PatienceOver(f"no end after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
