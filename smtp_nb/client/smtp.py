"""The blocking front."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from smtp_nb.client.component import Component
from smtp_nb.client.events import DO_EVENTS_SECONDS
from smtp_nb.client.session_settings import MAIL_PORTS, limited
from smtp_nb.client.settings.properties import keyword_defaults
from smtp_nb.drivers.blocking import BlockingDriver
from smtp_nb.flows.intents import Flow, JobSource
from smtp_nb.flows.reconnecting import ReconnectingSource
from smtp_nb.model.keywords import shows_keywords
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.unseen import unseen_arguments

if TYPE_CHECKING:
    from os import PathLike

    from smtp_nb.client.keywords import SMTPProperties
    from smtp_nb.client.message_builder import Sendable
    from smtp_nb.client.queue.spool import QueueReport
    from smtp_nb.drivers.memory import MemoryDriver
    from smtp_nb.model.diagnosis import Checkup
    from smtp_nb.model.memory_server import MemoryServer

T = TypeVar("T")


class SMTP(Component):
    """An SMTP client. Each method waits until it is done; it works inside a running event loop too.

        with SMTP(mail_server="mail.example.org", ssl_start_mode="explicit") as smtp:
            smtp.from_, smtp.send_to = "me@example.org", "you@example.org"
            smtp.subject, smtp.message_text = "Hello", "It works."
            receipt = smtp.send()

    Keywords are properties. Ctrl-C and `interrupt()` stop a call at a safe point: what was sent is
    known, and a connection that would be in the middle of something is dropped. One call at a time:
    a second one on the same object, from another thread or from a handler, raises `BusyError`
    (166) and disturbs nothing.
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
            return BlockingDriver(self)
        from smtp_nb.drivers.memory import MemoryDriver

        return MemoryDriver(self, server)

    def _run(self, flow: Flow[T], source: JobSource | None = None) -> T:
        return self._driver.run(limited(self, flow), source, self._at_work())

    def _run_now(self, name: str, flow: Flow[Any]) -> None:
        self._run(flow)

    def connect(self) -> None:
        """Open the session: line, TLS, greeting, login (reference: Connect).

        Raises:
            StateError: 104, connected already; 1105, another connect() is at work.
            SMTPError: what failed; there is no connection then.
        """
        self._refuse_second_connect()
        self._run(self._connect())

    def disconnect(self) -> None:
        """QUIT and close; nothing to do if there is no session (reference: Disconnect).

        A connection that is lost already raises nothing.
        """
        self._run(self._disconnect())

    def send(self, message: Sendable | None = None) -> Receipt:
        """Send one message: the properties', an `EmailMessage`, or a draft (reference: Send).

        A connection that was opened for it is closed again, on errors too.

        Args:
            message: an `EmailMessage` or any other `email.message.Message`, which is left as it
                is; bytes with any line ends; or the path of an `.eml` file. The mailboxes of its
                To, Cc and Bcc get it, from its Sender or From; those of the latest Resent fields
                where there are some (RFC 5322 section 3.6.6). `send_to`, `cc`, `bcc` and
                `return_path` go before them. Blind copies stand in no header. A Date and a
                Message-ID are added where they are missing.

        Returns:
            A receipt whose outcome is ACCEPTED, or PARTIAL if some recipients were refused.

        Raises:
            InputError: something cannot be sent; nothing was written.
            RefusedError, DeferredError: nobody got it; the session goes on.
            LinkError, TLSError, Interrupted: the session is lost; see `.receipt` for each
                recipient's outcome, UNKNOWN included.
        """
        return self._run(self._send(message))

    def send_to_terminal_only(self) -> Receipt:
        """As `send()`, to the user's terminal: SEND (reference: SendToTerminalOnly).

        Raises:
            StateError: allow_extensions is False.
            RefusedError: the server does not do that, or the user is not there; its words are in
                `.reply`. The same for the next two.
        """
        return self._run(self._send(verb="SEND"))

    def send_to_terminal_or_email(self) -> Receipt:
        """As `send()`, to the terminal if the user is there, else to the mailbox: SOML
        (reference: SendToTerminalOrEmail)."""
        return self._run(self._send(verb="SOML"))

    def send_to_terminal_and_email(self) -> Receipt:
        """As `send()`, to the terminal and to the mailbox: SAML (reference:
        SendToTerminalAndEmail)."""
        return self._run(self._send(verb="SAML"))

    def queue(self, queue_dir: str | PathLike[str]) -> str:
        """Write the message into a directory, to be sent by `process_queue()` (reference: Queue).

        No server is needed. The file is whole and on the disk when the call returns.

        Args:
            queue_dir: a directory that exists.

        Returns:
            The name of its file, which ends in `.queued`.

        Raises:
            InputError: 303, the directory does not exist; or the message cannot be sent. Nothing
                was queued, and a connection is as it was.
        """
        return self._run(self._queue(queue_dir))

    def process_queue(self, queue_dir: str | PathLike[str]) -> QueueReport:
        """Send the messages that wait in a directory (reference: ProcessQueue).

        Several processes may do so at once. A message that fails ends in `.failed` and stops none
        of the others; the Error event tells of it, and of those that a process left behind when
        it died. One connection serves all; it is closed again if it was opened for them.

        Args:
            queue_dir: a directory that exists.

        Returns:
            A `QueueReport`: the names of what was sent, has failed, or was left behind.

        Raises:
            InputError: 303, the directory does not exist.
            SMTPError: the session ended; messages that had not left wait again.
        """
        return self._run(self._process_queue(queue_dir))

    def deliver(self, source: JobSource) -> None:
        """Send a stream of jobs over one connection; every job taken comes back to the source.

        The first Ctrl-C only stops the supply and raises KeyboardInterrupt after the messages under
        way; the second drops the connection.

        Raises:
            SMTPError: the session ended before the stream did.
        """
        self._run(self._deliver(), source)

    def deliver_all(self, sources: Sequence[ReconnectingSource]) -> None:
        """Send several streams of jobs at once, each over connections of its own, in one loop.

        The first stream uses the session that is open, if one is. Ctrl-C is as with `deliver()`.

        Raises:
            SMTPError: what a source did not want to go on after; all others finished what was
                under way.
        """
        self._driver.run_all(self._deliver_all(sources), self._at_work())

    def nudge(self) -> None:
        """Let `deliver_all()` ask its sources again, before a pause is over; from any thread."""
        self._driver.nudge()

    def verify(self, email_address: str) -> str:
        """Ask whether the server knows a mailbox (VRFY, RFC 5321 section 4.1.1.6; reference:
        Verify). It connects for that if need be.

        Args:
            email_address: an address or a user's name; words with spaces stand in quotes.

        Returns:
            The server's reply: 250 knows it, 251 knows where it has moved, 252 does not say.

        Raises:
            InjectionError: it is no single word; nothing was written.
            ReplyError: the server does not know it, or does not tell; the session goes on.
            LinkError, TLSError, Interrupted: the session is lost.
        """
        return str(self._run(self._verify(email_address)))

    def expand(self, email_address: str) -> str:
        """Ask who is on a list (EXPN, RFC 5321 section 4.1.1.7; reference: Expand).

        Expand fires once for each line of the reply, an address with or without a name; not for a
        252, with which a server only says that it does not tell. It connects if need be.

        Args:
            email_address: a list's name or address.

        Returns:
            The server's reply, all its lines.

        Raises:
            InjectionError: it is no single word; nothing was written.
            ReplyError: there is no such list, or it is not told; the session goes on.
            LinkError, TLSError, Interrupted: the session is lost.
        """
        return str(self._run(self._expand(email_address)))

    def send_command(self, command: str) -> str:
        """Send one line as given (reference: SendCommand), on the connection that there is.

        What it changes is known afterwards: a transaction that MAIL began is reset before the next
        message, and EHLO tells what the server offers from now on.

        Args:
            command: the line, without its line end.

        Returns:
            The server's reply, good or bad.

        Raises:
            InputError: a method exists for it (DATA, BDAT, STARTTLS, AUTH, QUIT), which the text
                names; or it is more than one line. Nothing was written.
            StateError: 1117, there is no connection; 211, it does not fit the moment, such as RCPT
                before MAIL; the session goes on.
            LinkError, TLSError, Interrupted: the session is lost.
        """
        return str(self._run(self._send_command(command)))

    def doctor(self, patience_s: float = 10.0, ports: Sequence[int] = MAIL_PORTS) -> Checkup:
        """Go the whole way to the server step by step, and say what is wrong and what to do.

        Name, line, TLS, certificate, banner, extensions, login; no message is sent.

        Args:
            patience_s: the longest wait for each word of the server.
            ports: others to try where this one does not answer.

        Returns:
            What was found, true if all is well; what goes wrong on the way does not raise.

        Raises:
            StateError: 104, there is a session; use another object.
        """
        from smtp_nb.client.doctor import examine

        return self._run(examine(self, patience_s, ports))

    def interrupt(self) -> None:
        """Stop the running call, from any thread, handler or signal; it raises `Interrupted` (301)
        and the connection is dropped. Without one, nothing happens (reference: Interrupt)."""
        self._driver.interrupt()

    def do_events(self) -> None:
        """Tell the handlers, in this thread, of the events that others have posted to this
        component with `report_to()`; if there are none, wait 20 ms for one (reference: DoEvents).
        """
        for event in self._take_posted(DO_EVENTS_SECONDS):
            self.emit(event)

    def reset(self) -> None:
        """Disconnect and put all properties back to their defaults (reference: Reset). Handlers
        of events stay."""
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
