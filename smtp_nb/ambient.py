"""Ambient: what a program takes from the machine that it runs on, and a lesson's stand-in for it.

Time, randomness and names come from here and from nowhere else, so that two machines can be made to
show the same bytes: `with deterministic(seed=7): …`.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from smtp_nb.errors import InputError

START = "2026-01-05T09:00Z"
"""The moment at which deterministic time begins: a Monday morning."""
HOST_NAME = "student.test"
"""The name of every machine in deterministic mode."""


class Ambient:
    """The machine: its clocks, its randomness, its name."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds of a clock that only goes forward."""
        return time.monotonic()

    def local(self, seconds: float) -> time.struct_time:
        """A moment, given in seconds since 1970, in the local time zone."""
        return time.localtime(seconds)

    def random(self, size: int) -> bytes:
        """That many random bytes, fit for secrets."""
        return os.urandom(size)

    def host_name(self) -> str:
        """The machine's name."""
        return socket.gethostname()

    def standstill(self) -> datetime | None:
        """The moment at which certificates are judged; None for the machine's own clock."""
        return None


class Deterministic(Ambient):
    """A stand-in that gives every machine the same. Nothing that it gives is fit for a secret.

    Args:
        seed: where the randomness begins.
        start: the moment at which time begins (ISO 8601, with a zone).
        elapsed: seconds since then, such as those of a sandbox's virtual clock. By default time
            stands still.
    """

    def __init__(
        self, seed: int | str, start: str = START, elapsed: Callable[[], float] = float
    ) -> None:
        try:
            begun = datetime.fromisoformat(start)
        except ValueError:
            begun = datetime.min
        if begun.tzinfo is None:
            raise InputError(
                f"start={start[:40]!r} is not a moment with a time zone",
                remedy=f"Write it as {START!r}",
            )
        self._seed = str(seed).encode()
        self._start = begun.timestamp()
        self._drawn = 0
        self.elapsed = elapsed

    def now(self) -> float:
        return self._start + self.elapsed()

    def monotonic(self) -> float:
        return self.elapsed()

    def local(self, seconds: float) -> time.struct_time:
        return time.gmtime(seconds)

    def random(self, size: int) -> bytes:
        self._drawn += 1
        drawn = hashlib.shake_256(self._seed + b"\0" + str(self._drawn).encode())
        return drawn.digest(size)

    def host_name(self) -> str:
        return HOST_NAME

    def standstill(self) -> datetime | None:
        return datetime.fromtimestamp(self._start, UTC)


_machine = Ambient()
# SMTP_NB_SEED makes a whole process deterministic.
_current = Deterministic(os.environ["SMTP_NB_SEED"]) if "SMTP_NB_SEED" in os.environ else _machine


def current() -> Ambient:
    """The one in force."""
    return _current


def replace(ambient: Ambient | None) -> Ambient:
    """Put another in force, None for the machine itself. Returns the one before."""
    global _current
    before, _current = _current, ambient or _machine
    return before


@contextmanager
def deterministic(seed: int | str, start: str = START) -> Iterator[Ambient]:
    """Give the same time, randomness and names on every machine, for as long as the block runs.

    It holds for the whole process. Message-IDs, boundaries and nonces can be foreseen in it, so it
    is for lessons and for tests against a sandbox.

    Raises:
        InputError: `start` is not a moment with a time zone.
    """
    ambient = Deterministic(seed, start)
    before = replace(ambient)
    try:
        yield ambient
    finally:
        replace(before)


def now() -> float:
    """Seconds since 1970."""
    return _current.now()


def today() -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(_current.now(), UTC)


def monotonic() -> float:
    """Seconds of a clock that only goes forward."""
    return _current.monotonic()


def random(size: int) -> bytes:
    """That many random bytes."""
    return _current.random(size)


def token(size: int) -> str:
    """A random text of letters, digits, - and _, made from that many bytes."""
    return urlsafe_b64encode(_current.random(size)).rstrip(b"=").decode()


def uniform(low: float, high: float) -> float:
    """A random number between two."""
    return low + (high - low) * int.from_bytes(_current.random(6)) / 2**48


def local(seconds: float) -> time.struct_time:
    """A moment, given in seconds since 1970, in the local time zone."""
    return _current.local(seconds)


def host_name() -> str:
    """The machine's name."""
    return _current.host_name()


def standstill() -> datetime | None:
    """The moment at which certificates are judged; None for the machine's own clock."""
    return _current.standstill()
