"""State of one notebook's magics between cells."""

from __future__ import annotations

import atexit
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from smtp_nb.errors import SMTPError, StateError
from smtp_nb.model.trail.trail import Trail
from smtp_nb.notebook.preferences import SmtpMagics
from smtp_nb.notebook.waiting import WaitingLine
from smtp_nb.wording import Front

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from smtp_nb.classroom import ClientStepper, Stepper
    from smtp_nb.client.smtp import SMTP
    from smtp_nb.merge import MailMerge, MergeJob, Template
    from smtp_nb.model.events import PITrailEvent, TransferEvent
    from smtp_nb.model.receipt import Receipt
    from smtp_nb.notebook.adjustments import Adjustments
    from smtp_nb.sandbox import SandboxServer
    from smtp_nb.widgets import InboxView, MergeView, TrailView


class NotebookState:
    """The session, the sandbox, the trail and the templates of a notebook.

    Attributes:
        smtp: the session that the verbs use; None before `%smtp connect`.
        sandbox: the embedded server, if it was started.
        trail: the conversation of all sessions, in order.
        templates: by name.
        sender: who sends, where a message does not say.
        receipt: of the last message, sent or not.
        user: who was to be logged in last, whether that went well or not.
        tried: how the last attempt at a session ended, and where; empty once one came about.
        preferences: the traits of `%config SmtpMagics`.
        stepper: the conversation of `%smtp step`.
        client_stepper: the call of `%smtp step --client`.
        waiting: says below a cell what it waits for.
        merges: those that were sent, by name, the last one last.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.smtp: SMTP | None = None
        self.sandbox: SandboxServer | None = None
        self.trail = Trail()
        self.templates: dict[str, Template] = {}
        self.sender = ""
        self.preferences = SmtpMagics(parent=shell)
        self.merges: dict[str, MailMerge] = {}
        self.user = ""
        self.tried = ("", "")
        self.receipt: Receipt | None = None
        self.stepper: Stepper | None = None
        self.client_stepper: ClientStepper | None = None
        self._jobs: list[MergeJob] = []
        self._inbox: InboxView | None = None
        self._view: TrailView | None = None
        self.waiting = WaitingLine()
        atexit.register(self.close)

    @cached_property
    def adjustments(self) -> Adjustments:
        """What `set` and `config` said."""
        from smtp_nb.notebook.adjustments import Adjustments

        return Adjustments()

    @property
    def view(self) -> TrailView:
        """The live trail, made when it is first looked at."""
        if self._view is None:
            from smtp_nb.widgets import TrailView

            self._view = TrailView(self.trail)
        return self._view

    def observe(self, event: PITrailEvent) -> None:
        """Take a line of a session's conversation."""
        self.waiting.clear()
        observer = self._view or self.trail
        observer(event)

    def observe_content(self, event: TransferEvent) -> None:
        """Take a piece of a message, which only a live trail that asks for it shows."""
        if self._view is not None:
            self._view(event)

    def clear_trail(self) -> None:
        """Forget the conversation so far, in the view too."""
        (self._view or self.trail).clear()

    def connect(self, smtp: SMTP) -> None:
        """Connect `smtp` and use it from now on. Only then the session before it is ended.

        Raises:
            SMTPError: no session came about; the one before it goes on.
        """
        self.adjustments.apply(smtp)
        where = f"{smtp.mail_server}:{smtp.mail_port}"
        self.tried = ("Failed", f"could not connect to {where}")
        self.trail.user = smtp.user
        smtp.on_pi_trail(self.observe)
        smtp.on_transfer(self.observe_content)
        smtp.on_connection_status(self.waiting)
        try:
            smtp.connect()
        except KeyboardInterrupt:
            self.tried = ("Stopped", f"while connecting to {where}")
            raise
        self.tried = ("", "")
        before, self.smtp = self.smtp, smtp
        if before is not None:
            with suppress(SMTPError):
                before.disconnect()

    def take_receipt(self, error: BaseException | None) -> None:
        """Keep what became of the message whose sending failed, for `%smtp explain`."""
        if isinstance(error, SMTPError) and error.receipt is not None:
            self.receipt = error.receipt

    def session(self) -> SMTP:
        """The session.

        Raises:
            StateError: there is none.
        """
        if self.smtp is None:
            raise StateError(
                "no session is open",
                remedy="Write %smtp connect smtp://you@your.server:587, or %smtp server start"
                " and %smtp connect",
            )
        return self.smtp

    def show_progress(self, front: Front = Front.PYTHON) -> MergeView:
        """A view of a merge that begins; it appears in the cell that runs."""
        from smtp_nb.widgets import MergeView

        return MergeView(front)

    @property
    def progress(self) -> MergeView | str:
        """How a merge of `%smtp` shows where it stands; a terminal has its bar."""
        return "auto" if self.shown_in is None else self.show_progress(Front.MAGIC)

    # The options are the fields of the merge's Options, of several types.
    def start(self, merge: MailMerge, options: dict[str, Any]) -> MergeJob:
        """Send a merge in the background, over a session of its own."""
        smtp = self.session().clone()
        smtp.on_pi_trail(self.observe)
        merge.server = smtp
        job = merge.start(**options)
        self._jobs.append(job)
        return job

    def end_session(self) -> None:
        """Say QUIT, if there is a session."""
        smtp, self.smtp = self.smtp, None
        if smtp is not None:
            smtp.disconnect()

    @staticmethod
    def is_at(smtp: SMTP, sandbox: SandboxServer) -> bool:
        """True if this is a session on that embedded server."""
        return sandbox.is_running and (smtp.mail_server, smtp.mail_port) == (
            sandbox.host,
            sandbox.port,
        )

    def running_sandbox(self) -> SandboxServer:
        """The embedded server; without one, that of the lesson under way.

        Raises:
            StateError: it is not running.
        """
        from smtp_nb.classroom.lesson import underway

        lesson = underway()
        if self.sandbox is None and lesson is not None:
            return lesson.server
        if self.sandbox is None:
            raise StateError("the sandbox is not running", remedy="Write %smtp server start")
        return self.sandbox

    def inbox_of(self, sandbox: SandboxServer) -> InboxView:
        """The view of what the embedded server took in."""
        if self._inbox is None:
            from smtp_nb.widgets import InboxView

            self._inbox = InboxView(sandbox)
        return self._inbox

    def take_stepper(self, stepper: Stepper | None) -> None:
        """Go on with this conversation by hand; one before it is ended."""
        before, self.stepper = self.stepper, stepper
        if before is not None:
            before.close()

    def take_sandbox(self, sandbox: SandboxServer | None) -> None:
        """Use this embedded server from now on; one before it, and a session on it, is ended."""
        before, self.sandbox = self.sandbox, sandbox
        if before is not None:
            self.take_stepper(None)
            if self.smtp is not None and self.is_at(self.smtp, before):
                with suppress(SMTPError):
                    self.end_session()
            before.stop()
        inbox, self._inbox = self._inbox, None
        if inbox is not None:
            inbox.settle()
            inbox.detach()

    @property
    def shown_in(self) -> int | None:
        """The number of the cell that runs, which shows a merge's view; None in a terminal."""
        has_views = getattr(self.shell, "kernel", None) is not None
        return int(self.shell.execution_count) if has_views else None

    def close(self) -> None:
        """End everything that runs; jobs finish what is under way."""
        atexit.unregister(self.close)
        for job in self._jobs:
            job.cancel()
        try:
            self.end_session()
        finally:
            self.take_sandbox(None)
            if self._view is not None:
                self._view.settle()
                self._view.detach()
