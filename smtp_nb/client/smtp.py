"""The blocking client."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from smtp_nb.client.component import Component
from smtp_nb.client.events import DO_EVENTS_SECONDS
from smtp_nb.client.session.session_settings import MAIL_PORTS
from smtp_nb.client.settings.properties import keyword_defaults
from smtp_nb.flows.delivering.reconnecting import ReconnectingSource
from smtp_nb.flows.intents import Flow, JobSource
from smtp_nb.model.keywords import shows_keywords
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.unseen import unseen_arguments

if TYPE_CHECKING:
    from os import PathLike

    from smtp_nb.client.keywords import SMTPProperties
    from smtp_nb.client.message.message_builder import Sendable
    from smtp_nb.client.queue.spool import QueueReport
    from smtp_nb.drivers.blocking import BlockingDriver
    from smtp_nb.drivers.memory import MemoryDriver
    from smtp_nb.model.diagnosis import Checkup
    from smtp_nb.model.memory_server import MemoryServer

T = TypeVar("T")


class SMTP(Component):
    """An SMTP client. Each method blocks until it is done, inside a running event loop too.

        with SMTP(mail_server="mail.example.org", ssl_start_mode="explicit") as smtp:
            smtp.from_, smtp.send_to = "me@example.org", "you@example.org"
            smtp.subject, smtp.message_text = "Hello", "It works."
            receipt = smtp.send()

    Keywords are properties. Ctrl-C and `interrupt()` stop a call at a safe point: what was sent is
    known, and a connection in the middle of a command is dropped. One call at a time: a second one
    on the same object, from another thread or from a handler, raises `BusyError` (166) and has no
    other effect.
    """

    _driver: BlockingDriver | MemoryDriver

    @shows_keywords(keyword_defaults())
    @unseen_arguments
    def __init__(self, **properties: Unpack[SMTPProperties]) -> None:
        self._driver = self._new_driver(None)
        self._clock = self._driver.clock
        super().__init__()
        self.set({**properties})

    def _new_driver(self, server: MemoryServer | None) -> BlockingDriver | MemoryDriver:
        if server is None:
            from smtp_nb.drivers.blocking import BlockingDriver

            return BlockingDriver(self)
        from smtp_nb.drivers.memory import MemoryDriver

        return MemoryDriver(self, server)

    def _run(self, flow: Flow[T], source: JobSource | None = None) -> T:
        return self._driver.run(self._limited(flow), source, self._at_work())

    def _run_now(self, name: str, flow: Flow[Any]) -> None:
        self._run(flow)

    def connect(self) -> None:
        """Open the session: connection, TLS, greeting, login (IPWorks: Connect).

        Raises:
            StateError: 104, already connected, and the connection stays; 1105, another connect() is
                running.
            SMTPError: a step failed; there is no connection then.
        """
        self._refuse_second_connect()
        self._run(self._connect())

    def disconnect(self) -> None:
        """Send QUIT and close the connection; does nothing without a session (IPWorks: Disconnect).

        A connection that is already lost raises nothing.
        """
        self._run(self._disconnect())

    def send(self, message: Sendable | None = None) -> Receipt:
        """Send one message: the component's own, or the one given (IPWorks: Send).

        A connection that was opened for the call is closed again, after an error too.

        Args:
            message: None for the message of the properties. Or an `EmailMessage` or any other
                `email.message.Message`, which is not changed; bytes with any line ends; the path of
                an `.eml` file; or a draft of `smtp_nb.compose`. It is sent to the mailboxes of its
                To, Cc and Bcc, from its Sender or From; those of the latest Resent fields if there
                are any (RFC 5322 section 3.6.6). `send_to`, `cc`, `bcc` and `return_path` take
                precedence. Bcc recipients appear in no header. A missing Date or Message-ID is
                added.

        Returns:
            A `Receipt` whose outcome is ACCEPTED, or PARTIAL if some recipients were refused.

        Raises:
            InputError: the message cannot be sent; nothing was written.
            RefusedError, DeferredError: every recipient or the message was refused; the session
                goes on.
            LinkError, TLSError, Interrupted: the connection is lost; `.receipt` has the outcome of
                each recipient, UNKNOWN included.
        """
        return self._run(self._send(message))

    def send_to_terminal_only(self) -> Receipt:
        """Send to the user's terminal, as `send()` otherwise: SEND (IPWorks: SendToTerminalOnly).

        Returns:
            A `Receipt`, as `send()` does.

        Raises:
            StateError: allow_extensions is False; nothing was written.
            RefusedError: the server does not support it, or the user is not logged in; its words
                are in `.reply`, and the session goes on. The same for the next two methods.
        """
        return self._run(self._send(verb="SEND"))

    def send_to_terminal_or_email(self) -> Receipt:
        """Send to the terminal if the user is logged in, else to the mailbox: SOML
        (IPWorks: SendToTerminalOrEmail).

        Returns:
            A `Receipt`, as `send()` does.
        """
        return self._run(self._send(verb="SOML"))

    def send_to_terminal_and_email(self) -> Receipt:
        """Send to the terminal and to the mailbox: SAML (IPWorks: SendToTerminalAndEmail).

        Returns:
            A `Receipt`, as `send()` does.
        """
        return self._run(self._send(verb="SAML"))

    def queue(self, queue_dir: str | PathLike[str], message: Sendable | None = None) -> str:
        """Write the message into a directory, to be sent by `process_queue()` (IPWorks: Queue).

        No server is needed. The file is complete and on the disk when the call returns.

        Args:
            queue_dir: a directory that exists, as str or path.
            message: as in `send()`; None: that of the properties.

        Returns:
            The name of the file, which ends in `.queued`.

        Raises:
            InputError: 303, the directory does not exist; or the message cannot be sent. Nothing
                was queued, and an open connection is not touched.
        """
        return self._run(self._queue(queue_dir, message))

    def process_queue(self, queue_dir: str | PathLike[str]) -> QueueReport:
        """Send the messages that wait in a directory (IPWorks: ProcessQueue).

        Several processes may do so at once. A message that fails ends in `.failed` and does not
        stop the others; the Error event reports it, and messages that a process left behind when it
        died. One connection serves all; it is closed again if it was opened for the call.

        Args:
            queue_dir: a directory that exists, as str or path.

        Returns:
            A `QueueReport`: the names of the messages sent, failed, and left behind.

        Raises:
            InputError: 303, the directory does not exist.
            SMTPError: the connection is lost; messages that had not been sent wait again.
        """
        return self._run(self._process_queue(queue_dir))

    def deliver(self, source: JobSource) -> None:
        """Send a stream of jobs over one connection; every job taken is returned to the source.

        The first Ctrl-C only stops the supply and raises KeyboardInterrupt after the messages in
        flight; the second drops the connection.

        Args:
            source: called for the next job when there is room in the window, and with each job that
                has its outcome; see `smtp_nb.flows.intents.JobSource`.

        Raises:
            SMTPError: the session ended before the stream did; the connection is lost.
        """
        self._run(self._deliver(), source)

    def deliver_all(self, sources: Sequence[ReconnectingSource]) -> None:
        """Send several streams of jobs at once, each over its own connections, in one loop.

        The first stream uses the open session, if there is one. Ctrl-C works as in `deliver()`.

        Args:
            sources: one `ReconnectingSource` for each stream: a source of jobs that also decides
                whether to reconnect after a failure.

        Raises:
            SMTPError: an error after which a source did not want to go on; the other streams
                finished their messages in flight. The connection of the failed stream is lost.
        """
        self._driver.run_all(self._deliver_all(sources), self._at_work())

    def nudge(self) -> None:
        """Let `deliver_all()` ask its sources again, before a pause is over; from any thread."""
        self._driver.nudge()

    def verify(self, email_address: str) -> str:
        """Ask whether the server knows a mailbox (VRFY, RFC 5321 section 4.1.1.6; IPWorks: Verify).
        Connects first if needed.

        Args:
            email_address: an address or a user name; words with spaces must be quoted.

        Returns:
            The server's reply: 250 if the mailbox is known, 251 if it has moved, 252 if the server
            does not say.

        Raises:
            InjectionError: the address is not a single word; nothing was written.
            ReplyError: the server does not know the mailbox, or does not say; the session goes on.
            LinkError, TLSError, Interrupted: the connection is lost.
        """
        return str(self._run(self._verify(email_address)))

    def expand(self, email_address: str) -> str:
        """Ask for the members of a mailing list (EXPN, RFC 5321 section 4.1.1.7; IPWorks: Expand).

        Expand fires once for each line of the reply, an address with or without a name; not for a
        252, which only means that the server does not say. Connects first if needed.

        Args:
            email_address: a list's name or address.

        Returns:
            The server's reply, all its lines.

        Raises:
            InjectionError: the address is not a single word; nothing was written.
            ReplyError: the list does not exist, or the server does not say; the session goes on.
            LinkError, TLSError, Interrupted: the connection is lost.
        """
        return str(self._run(self._expand(email_address)))

    def send_command(self, command: str) -> str:
        """Send one line as given, on the open connection (IPWorks: SendCommand).

        Its effects are tracked: a transaction begun by MAIL is reset before the next message, and
        the reply to EHLO replaces the list of extensions.

        Args:
            command: the line, without its line end.

        Returns:
            The server's reply, positive or negative.

        Raises:
            InputError: the command has a method (DATA, BDAT, STARTTLS, AUTH, QUIT), which the text
                names; or it is more than one line. Nothing was written.
            StateError: 1117, not connected; 211, out of order, such as RCPT before MAIL; the
                session goes on.
            LinkError, TLSError, Interrupted: the connection is lost.
        """
        flow = self._send_command(command)
        del command  # AUTH is refused, and no frame shows what followed it
        return str(self._run(flow))

    def doctor(self, patience_s: float = 10.0, ports: Sequence[int] = MAIL_PORTS) -> Checkup:
        """Test the path to the server step by step, and report what is wrong and what to do.

        Name, connection, TLS, certificate, banner, extensions, login; no message is sent. The
        connection is the doctor's own, and closed at the end.

        Args:
            patience_s: the longest wait for each reply of the server, in seconds.
            ports: others to try if the server does not answer on its port.

        Returns:
            The findings, a `Checkup` that is true if all is well; a failing step does not raise.

        Raises:
            StateError: 104, a session is open, and it goes on; use another object.
        """
        from smtp_nb.client.doctor import examine

        return self._run(examine(self, patience_s, ports))

    def interrupt(self) -> None:
        """Stop the running call, from any thread, handler or signal; it raises `Interrupted` (301)
        and drops the connection. Without a running call, nothing happens (IPWorks: Interrupt).
        """
        self._driver.interrupt()

    def do_events(self) -> None:
        """Call the handlers, in this thread, for the events that others have posted to this
        component with `report_to()`; if there are none, wait 20 ms for one (IPWorks: DoEvents).
        """
        for event in self._take_posted(DO_EVENTS_SECONDS):
            self.emit(event)

    def reset(self) -> None:
        """Disconnect and set all properties back to their defaults (IPWorks: Reset). Event handlers
        stay.
        """
        self.disconnect()
        self._reset()

    def __enter__(self) -> SMTP:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disconnect()
