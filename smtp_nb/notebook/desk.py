"""What the magics of one notebook keep between its cells."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

from smtp_nb.errors import StateError
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail import Trail

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from smtp_nb.client.smtp import SMTP
    from smtp_nb.merge.template import Template
    from smtp_nb.sandbox import SandboxServer
    from smtp_nb.widgets import TrailView


class Desk:
    """The session, the sandbox, the trail and the templates of a notebook.

    Attributes:
        smtp: the session that the verbs use; None before `%smtp connect`.
        sandbox: the embedded server, if it was started.
        trail: the conversation of all sessions, in order.
        templates: by name.
        sender: who sends, where a message does not say.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.smtp: SMTP | None = None
        self.sandbox: SandboxServer | None = None
        self.trail = Trail()
        self.templates: dict[str, Template] = {}
        self.sender = ""
        self._view: TrailView | None = None
        atexit.register(self.close)

    @property
    def view(self) -> TrailView:
        """The live trail, made when it is first looked at."""
        if self._view is None:
            from smtp_nb.widgets import TrailView

            self._view = TrailView(self.trail)
        return self._view

    def observe(self, event: PITrailEvent) -> None:
        """Take a line of a session's conversation."""
        observer = self._view or self.trail
        observer(event)

    def clear_trail(self) -> None:
        """Forget the conversation so far, in the view too."""
        (self._view or self.trail).clear()

    def take_session(self, smtp: SMTP) -> None:
        """Use `smtp` from now on; a session before it is ended."""
        self.end_session()
        smtp.on_pi_trail(self.observe)
        self.smtp = smtp

    def session(self) -> SMTP:
        """The session.

        Raises:
            StateError: there is none.
        """
        if self.smtp is None:
            raise StateError(
                "there is no session",
                remedy="Write %smtp connect smtp://you@your.server:587, or %smtp server start"
                " and %smtp connect",
            )
        return self.smtp

    def end_session(self) -> None:
        """Say QUIT, if there is a session."""
        smtp, self.smtp = self.smtp, None
        if smtp is not None:
            smtp.disconnect()

    def stop_sandbox(self) -> None:
        """Stop the embedded server, if it runs."""
        sandbox, self.sandbox = self.sandbox, None
        if sandbox is not None:
            sandbox.stop()

    def close(self) -> None:
        """End everything that runs."""
        atexit.unregister(self.close)
        try:
            self.end_session()
        finally:
            self.stop_sandbox()
