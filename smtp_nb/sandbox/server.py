"""An SMTP server inside the kernel, for lessons and tests. It relays nothing."""

from __future__ import annotations

import atexit
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from html import escape
from inspect import signature
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

from smtp_nb.errors import InputError, StateError
from smtp_nb.model.display import counted
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.known import known_attributes
from smtp_nb.model.secret import HIDDEN
from smtp_nb.protocol.server.auth import Mechanism
from smtp_nb.protocol.server.policy import Service
from smtp_nb.sandbox import options, running
from smtp_nb.sandbox.door import Door
from smtp_nb.sandbox.faults.fault import Fault
from smtp_nb.sandbox.inline import InlineService
from smtp_nb.sandbox.messages.mailbox import Inbox, Message
from smtp_nb.sandbox.names import ANYWHERE, certificate_names, is_loopback
from smtp_nb.sandbox.options import NO_LIMITS, TLS, Limits, Manner
from smtp_nb.sandbox.session import Sessions
from smtp_nb.sandbox.shared_state import SharedState
from smtp_nb.sandbox.thread import BACKLOG, ServerThread
from smtp_nb.sandbox.virtual_clock import VirtualClock
from smtp_nb.sasl.server.server import KNOWN_NAMES, USUAL, response_fault, serve
from smtp_nb.sasl.server.verifier import CredentialVerifier


def _arguments() -> dict[str, str]:
    """What is given to a new server and not assigned, and how that is written."""
    names = signature(SandboxServer.__init__).parameters
    return {name: f"SandboxServer({name}=…): a running server cannot change" for name in names}


@known_attributes(_arguments)
@typed_arguments
class SandboxServer:
    """An SMTP server on this machine, in a thread of its own.

    It listens while it is used as a context manager, or between `start()` and `stop()`.

        >>> import smtplib
        >>> with SandboxServer() as server:
        ...     with smtplib.SMTP(server.host, server.port) as client:
        ...         _ = client.sendmail("ann@example.org", "ben@example.org", "Subject: Hello")
        ...     server.messages[0].subject
        'Hello'

    Args:
        tls: None, "starttls", or "implicit" from the first byte. The certificate is issued by an
            authority of its own, whose certificate is in `ca_file`.
        auth: users and passwords. MAIL is then refused before a login, and with TLS the login is
            offered inside it only. The passwords are throw-away: `url` shows them.
        host, port: where to listen; port 0 is a free one. Other machines can reach it only with
            `allow_remote`.
        without: keywords of `EXTENSIONS` that are not offered.
        also: keywords of `ON_REQUEST` that are offered too: BINARYMIME.
        mechanisms: the mechanisms to offer; DIGEST-MD5 is available too. XOAUTH2 and OAUTHBEARER
            accept the password as the token.
        client_ca: a file of authorities. Inside TLS, clients with a certificate from one of them
            may log in by EXTERNAL, as the user in its common name.
        refuse: recipients to refuse with 550 5.1.1; `*` matches any letters.
        lists: mailing lists for EXPN: a list's name and its members.
        max_size, max_recipients: limits of a message, in bytes and recipients.
        latency: the time of a trip to the client and back, in seconds or as text ("20ms"): for each
            trip, not for each command, so that a group of commands stays whole.
        manner: "strict"; "lenient": a bare line feed ends a line too, as on servers to which mail
            can be smuggled; "careless": it ends none, but a dot before one is left as it is, as on
            servers through which mail can be smuggled. The greeting says so.
        greeting: what it says of itself in the first line.
        limits: limits for clients; None for no limit on loopback, and `Limits()` elsewhere.
        inline: serve in the caller's thread, through memory: no socket, no port, no thread, and
            `latency` and `delay` are arithmetic on a clock of its own. Only `SMTP.from_url(url)`
            and `AsyncSMTP.from_url(url)` reach it, in this process and from one thread.
        door: whom it admits and what it refuses whom; MAIL then needs no login of itself.
        certificate: "valid", or a fault: "expired", "not-yet-valid", "wrong-host",
            "self-signed", "unknown-ca".

    Raises:
        InputError: an invalid argument.

    Attributes:
        messages: the received messages, a live sequence of `Message`.
        sessions: the trail of each connection, from the server's side, a live list of `Session`.
    """

    messages: Inbox
    sessions: Sessions

    def __init__(
        self,
        tls: TLS | None = None,
        auth: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        hostname: str = "sandbox.test",
        without: Iterable[str] = (),
        also: Iterable[str] = (),
        mechanisms: Iterable[str] = USUAL,
        refuse: Iterable[str] = (),
        lists: Mapping[str, Iterable[str]] | None = None,
        max_size: int = 64 * 1024 * 1024,
        max_recipients: int = 1000,
        latency: float | str = 0.0,
        manner: Manner = "strict",
        greeting: str = "smtp_nb sandbox",
        limits: Limits | None = None,
        certificate: str = "valid",
        client_ca: str | Path | None = None,
        allow_remote: bool = False,
        inline: bool = False,
        door: Door | None = None,
    ) -> None:
        options.check_choices(tls, manner)
        self._address = options.address(host, allow_remote), port
        if limits is None:
            limits = NO_LIMITS if is_loopback(self._address[0]) else Limits()
        self._auth = dict(auth or {})
        self._tls = tls
        self._certificate, self._client_ca = certificate, client_ca
        self._directory: Path | None = None
        self._port = 0
        self._clock = VirtualClock() if inline else None
        self._thread: ServerThread | InlineService | None = None
        self._turn = threading.Lock()
        self.messages = Inbox()
        self.sessions = Sessions()
        service = Service(
            hostname,
            options.extensions(without, also, tls),
            max_size,
            max_recipients,
            options.mechanisms(mechanisms, client_ca) if auth else (),
            self._begin_login,
            response_fault=response_fault,
            known_mechanisms=KNOWN_NAMES,
            login_needs_tls=tls is not None,
            needs_login=bool(auth) and door is None,
            users=frozenset(self._auth),
            lists={name: tuple(members) for name, members in (lists or {}).items()},
            is_lenient=manner == "lenient",
            is_careless=manner == "careless",
            greeting=options.greeting(greeting),
        )
        self._shared = SharedState(
            service,
            options.refusing((refuse,) if isinstance(refuse, str) else tuple(refuse)),
            self.messages,
            self.sessions,
            implicit_tls=tls == "implicit",
            latency_s=options.seconds(latency),
            limits=limits,
            passwords=tuple(self._auth.values()),
            door=door or Door(),
        )
        if self._clock is not None:
            self._shared.later, self._shared.clock = self._clock.later, self._clock.time

    def _begin_login(self, name: str, certificate: str) -> Mechanism:
        return serve(
            name, CredentialVerifier(self._auth.get, certificate, self._shared.service.hostname)
        )

    # Running

    def start(self) -> Self:
        """Start listening; does nothing if it already listens.

        Returns:
            The server itself.

        Raises:
            OSError: the port is taken, or the address is not of this machine.
        """
        with self._turn:
            if self._thread is None:
                self._prepare_tls()
                self._thread = self._begin()
                atexit.register(self.stop)
        return self

    def _begin(self) -> ServerThread | InlineService:
        if self._clock is not None:
            return running.note_inline(self, InlineService(self._shared, self._clock))
        thread = self._listen()
        running.note(self, self._port)
        return thread

    def _listen(self) -> ServerThread:
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError:
            self._remove_directory()
            raise
        self._port = listener.getsockname()[1]
        return ServerThread(self._shared, listener)

    def stop(self) -> None:
        """End all sessions and stop listening. Messages and sessions stay readable."""
        with self._turn:
            thread, self._thread = self._thread, None
            atexit.unregister(self.stop)
            if thread is not None and thread.is_ours:
                thread.stop()
                self._remove_directory()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """True while it listens."""
        return self._thread is not None

    def _prepare_tls(self) -> None:
        if self._tls is None:
            return
        from smtp_nb.sandbox.certificates import make_identity
        from smtp_nb.sandbox.tls import ServerTLS, server_context

        identity = make_identity(
            certificate_names(self._shared.service.hostname, self._address[0]), self._certificate
        )
        self._directory = Path(tempfile.mkdtemp(prefix="smtp_nb-sandbox-"))
        (self._directory / "ca.pem").write_bytes(identity.ca_pem)
        sends = self._shared.door.sends_authority
        context = server_context(identity, self._directory, self._client_ca, sends_authority=sends)
        self._shared.new_tls = lambda: ServerTLS(context)

    def _remove_directory(self) -> None:
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    # Where it is

    @property
    def host(self) -> str:
        """The address it listens on; an inline one is found by its name alone."""
        return self._address[0] if self._clock is None else self._shared.service.hostname

    @property
    def port(self) -> int:
        """The port it listens on.

        Raises:
            StateError: it is not running, or it is an inline one, which has no port.
        """
        if self._thread is None:
            raise StateError("the sandbox is not running", remedy="Call start(), or use `with`")
        if self._clock is not None:
            raise StateError("an inline sandbox has no port", remedy="Use SMTP.from_url(url)")
        return self._port

    @property
    def ca_file(self) -> str | None:
        """A file with the certificate of the authority to trust; None without TLS.

        It exists while the server runs.
        """
        return str(self._directory / "ca.pem") if self._directory else None

    @property
    def url(self) -> str:
        """A URL for `SMTP.from_url`, with the first user, its password, and `ca=`."""
        return self._url(next(iter(self._auth), ""), _plainly)

    def url_for(self, user: str, host: str | None = None) -> str:
        """Return a URL as `url`, for another user.

        Args:
            user: one of `auth`.
            host: the name or address by which that user reaches this machine, if it is a different
                one.

        Raises:
            InputError: the user is unknown.
            StateError: it is not running.
        """
        if user not in self._auth:
            known = f"auth= has {', '.join(self._auth) or 'no users'}"
            raise InputError(f"unknown user {user!r}", remedy=known)
        return self._url(user, _plainly, host)

    def _url(self, user: str, spell: Callable[[str], str], host: str | None = None) -> str:
        scheme = "smtps" if self._tls == "implicit" else "smtp"
        login = f"{quote(user, safe='')}:{spell(self._auth[user])}@" if user else ""
        host = host or ANYWHERE.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        query = {"ca": self.ca_file} if self._tls else {"tls": "none"}
        if isinstance(self._thread, InlineService):
            place, query["wire"] = f"{host}/", self._thread.wire
        else:
            place = f"{host}:{self.port}"
        return f"{scheme}://{login}{place}?{urlencode(query, safe='/:')}"

    # What it saw

    def wait_for(self, count: int = 1, timeout: float = 10.0) -> list[Message]:
        """Wait until there are `count` messages, at most `timeout` seconds, and return them.

        Raises:
            TimeoutError: there are fewer after that time.
        """
        while self._clock is not None and len(self.messages) < count and self._clock.advance():
            timeout = 0.0
        return self.messages.wait_for(count, timeout)

    def clear(self) -> None:
        """Forget the messages and the sessions that have ended."""
        self._shared.refused.clear()
        self.messages.clear()
        for session in [session for session in self.sessions if not session.is_open]:
            self.sessions.remove(session)  # one by one, for a new one may come in meanwhile

    def reset(self) -> None:
        """Begin again: end all sessions with 421, heal all faults, forget messages and sessions.

        It goes on listening at its port; its sessions count from 1 again.
        """
        with self._turn:
            if self._thread is not None:
                self._thread.drop_all()
            self._shared.faults.heal(None)
            self._shared.refused.clear()
            self.messages.clear()
            self.sessions.clear()
            self._shared.connection_count = 0

    def hold(self, is_held: bool = True) -> None:
        """Hold all replies of one with a port until `hold(False)`; trails and `waiting` say so."""
        if isinstance(self._thread, ServerThread):
            self._thread.hold(is_held)

    def clock(self) -> float:
        """The time in seconds: of the virtual clock with `inline=True`."""
        return self._shared.clock()

    def sleep(self, seconds: float) -> None:
        """Let time pass on the clock of an inline sandbox; StateError for all others."""
        options.virtual(self._clock).sleep(seconds)

    # What goes wrong on purpose

    def inject(self, name: str, **arguments: Any) -> Fault:
        """Inject a fault from now on.

        Args:
            name: a key of `smtp_nb.sandbox.FAULTS`.
            arguments: `stage`, `code`, `text`, `delay`, `keyword`, `recipient`, `sender`, `user`,
                `hello`, `session`, `times`, `after` and other attributes of `Fault`.

        Raises:
            InputError: the fault is unknown, or does not take one of the arguments.
        """
        return self._shared.faults.inject(name, arguments)

    def heal(self, name: str | None = None) -> None:
        """Remove injected faults, all of them or those with this name."""
        self._shared.faults.heal(name)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults in force, oldest first."""
        return self._shared.faults.active

    def __repr__(self) -> str:
        if self._thread is None:
            return f"<SandboxServer, stopped: {counted(len(self.messages), 'message')}>"
        where = self._url(next(iter(self._auth), ""), lambda password: HIDDEN)
        return f"<SandboxServer at {where}: {counted(len(self.messages), 'message')}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.messages._repr_html_()}"


def _plainly(password: str) -> str:
    return quote(password, safe="")
