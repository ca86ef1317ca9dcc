"""A view that is live in the page and true in the saved notebook.

A notebook saves what a cell showed when it was displayed, and a live view shows nothing then. So
what is saved beside it, a table and plain text, is published again under the same display id after
each cell in which it changed.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

import anywidget
from IPython.core.getipython import get_ipython
from IPython.display import publish_display_data

Forms = tuple[str, str]
"""Plain text and HTML."""


class Live(anywidget.AnyWidget):
    """An anywidget with static forms beside it. A subclass says what they are.

    The HTML holds no style, no script and nothing to fetch, for viewers keep only such; and no
    address in full, for notebooks are passed on.
    """

    def __init__(self, **traits: Any) -> None:  # traits are of many types
        super().__init__(**traits)
        self._display_id = uuid.uuid4().hex
        self._published: Forms | None = None
        self._events: Any = None  # IPython's event manager, which has no types

    def static_forms(self) -> Forms:
        """What viewers without a kernel show."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live: Any = super()._repr_mimebundle_(**options) or {}  # a bundle, or one and metadata
        data, metadata = live if isinstance(live, tuple) else (live, {})
        text, html = self.static_forms()
        return {**data, "text/plain": text, "text/html": html}, metadata

    def _ipython_display_(self) -> None:
        shell = get_ipython()
        if shell is None:
            return
        if self._events is None:
            self._events = shell.events
            self._events.register("post_run_cell", self._after_cell)
        self._publish(update=False)

    def _publish(self, update: bool) -> None:
        data, metadata = self._repr_mimebundle_()
        self._published = data["text/plain"], data["text/html"]
        publish: Callable[..., None] = publish_display_data  # IPython's has no types
        publish(data, metadata, transient={"display_id": self._display_id}, update=update)

    def _after_cell(self, _result: object) -> None:
        try:
            self.settle()
        except Exception as error:  # the cell that was run is another's: it shows no error of ours
            self.detach()
            logging.getLogger("smtp_nb").warning("%r is no longer updated: %s", self, error)
            return
        if self.is_final:
            self.detach()

    @property
    def is_final(self) -> bool:
        """True once nothing more will change."""
        return False

    @property
    def has_changed(self) -> bool:
        """True if the notebook shows something older."""
        return self._published is not None and self._published != self.static_forms()

    def settle(self) -> None:
        """Bring what the notebook saves up to date, wherever this view is shown."""
        if self.has_changed:
            self._publish(update=True)

    def detach(self) -> None:
        """Leave the notebook as it is from now on. The view itself stays."""
        events, self._events, self._published = self._events, None, None
        if events is not None:
            events.unregister("post_run_cell", self._after_cell)

    def close(self) -> None:
        """Take the view out of the page and forget it."""
        self.detach()
        super().close()
