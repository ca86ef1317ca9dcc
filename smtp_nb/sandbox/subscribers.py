"""Functions that others leave to be called whenever something happens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Subscribers(Generic[P]):
    """The subscribers of something.

    Args:
        of: what it is, for the log.
    """

    def __init__(self, of: str) -> None:
        self._of = of
        self._callbacks: tuple[Callable[P, object], ...] = ()

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def add(self, callback: Callable[P, object]) -> Callable[[], None]:
        """Call it from now on; returns what ends that."""
        self._callbacks = (*self._callbacks, callback)

        def end() -> None:
            self._callbacks = tuple(one for one in self._callbacks if one is not callback)

        return end

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call all of them; what one raises is logged and disturbs nothing."""
        for callback in self._callbacks:
            try:
                callback(*args, **kwargs)
            except Exception:
                logging.getLogger("smtp_nb").exception("a subscriber of %s failed", self._of)
