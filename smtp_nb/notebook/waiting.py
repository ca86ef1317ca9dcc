"""Status line below a waiting cell: the reason, the time, and how to end it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from smtp_nb.model.display import masked, visible

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

    from smtp_nb.model.events import ConnectionStatusEvent


class WaitingLine:
    """Shows what a session waits for once that takes long, and takes it away again.

    It is a handler of ConnectionStatus. A saved notebook keeps none of it.
    """

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None
        self._thread = 0

    def __call__(self, event: ConnectionStatusEvent) -> None:
        if event.is_waiting:
            self._show(f"{visible(masked(event.connection_event))}; the stop button ends it")

    def clear(self) -> None:
        """The wait is over. What a job says meanwhile on its own thread ends no other wait."""
        if threading.get_ident() != self._thread:
            return
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.update({"text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]  # IPython's

    def _show(self, text: str) -> None:
        from IPython.display import display

        self.clear()
        self._thread = threading.get_ident()
        data = {"text/plain": text}
        self._handle = display(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]
