"""An SMTP server inside the kernel, for lessons and tests. It relays nothing."""

from __future__ import annotations

import atexit
import ipaddress
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from html import escape
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote, urlencode

from smtp_nb.errors import InputError, StateError
from smtp_nb.model.secret import HIDDEN
from smtp_nb.protocol.login import Mechanism
from smtp_nb.protocol.service import EXTENSIONS, ON_REQUEST, Service
from smtp_nb.sandbox import running
from smtp_nb.sandbox.connection import House
from smtp_nb.sandbox.faults import Fault, FaultTable, make
from smtp_nb.sandbox.mailbox import Inbox, Message
from smtp_nb.sandbox.session import Session
from smtp_nb.sandbox.thread import BACKLOG, ServerThread

if TYPE_CHECKING:
    pass

TLS = Literal["starttls", "implicit"]
MECHANISMS = (
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "XOAUTH2",
    "OAUTHBEARER",
)


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
        tls: None, "starttls", or "implicit" from the first octet. The certificate comes from an
            authority of its own, whose certificate is in `ca_file`.
        auth: users and passwords. MAIL is then refused before a login, and with TLS the login is
            offered inside it only. The passwords are throw-away: `url` shows them.
        host, port: where to listen; port 0 is a free one. Other machines can reach it only with
            `allow_remote`.
        without: keywords of `EXTENSIONS` that are not offered.
        also: keywords of `ON_REQUEST` that are offered too: BINARYMIME.
        mechanisms: the logins to offer; DIGEST-MD5 is there too. XOAUTH2 and OAUTHBEARER take the
            password for the token.
        client_ca: a file of authorities. Inside TLS, clients with a certificate of theirs may log
            in by EXTERNAL, as the user whom its common name names.
        refuse: recipients to refuse with 550 5.1.1; `*` stands for any letters.
        lists: what EXPN tells: a list's name and its members.
        max_size, max_recipients: what a message may have.
        certificate: "valid", or what is wrong with it: "expired", "not-yet-valid", "wrong-host",
            "self-signed", "unknown-ca".

    Raises:
        InputError: an argument that it does not take.

    Attributes:
        messages: what it took in, a live sequence of `Message`.
        sessions: the trail of each connection, from the server's side, a live list of `Session`.
    """

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
        mechanisms: Iterable[str] = MECHANISMS,
        refuse: Iterable[str] = (),
        lists: Mapping[str, Iterable[str]] | None = None,
        max_size: int = 64 * 1024 * 1024,
        max_recipients: int = 1000,
        certificate: str = "valid",
        client_ca: str | Path | None = None,
        allow_remote: bool = False,
    ) -> None:
        if tls not in (None, "starttls", "implicit"):
            raise InputError(f"tls={tls!r} is unknown", remedy='Use None, "starttls" or "implicit"')
        self._address = _address(host, allow_remote), port
        self._auth = dict(auth or {})
        self._tls = tls
        self._certificate, self._client_ca = certificate, client_ca
        self._directory: Path | None = None
        self._port = 0
        self._thread: ServerThread | None = None
        self._turn = threading.Lock()
        self.messages = Inbox()
        self.sessions: list[Session] = []
        service = Service(
            hostname,
            _extensions(without, also, tls),
            max_size,
            max_recipients,
            _mechanisms(mechanisms, client_ca) if auth else (),
            self._begin_login,
            login_needs_tls=tls is not None,
            needs_login=bool(auth),
            users=frozenset(self._auth),
            lists={name: tuple(members) for name, members in (lists or {}).items()},
        )
        self._house = House(
            service,
            _refusing((refuse,) if isinstance(refuse, str) else tuple(refuse)),
            self.messages,
            self.sessions,
            implicit_tls=tls == "implicit",
            passwords=tuple(self._auth.values()),
        )

    def _begin_login(self, name: str, certificate: str) -> Mechanism:
        from smtp_nb.sasl.desk import Desk
        from smtp_nb.sasl.server import serve

        return serve(name, Desk(self._auth.get, certificate, self._house.service.hostname))

    # Running

    def start(self) -> Self:
        """Listen. Does nothing if it does already.

        Raises:
            OSError: the port is taken, or the address is not of this machine.
        """
        with self._turn:
            if self._thread is None:
                self._prepare_tls()
                self._thread = self._listen()
                running.note(self)
                atexit.register(self.stop)
        return self

    def _listen(self) -> ServerThread:
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError:
            self._remove_directory()
            raise
        self._port = listener.getsockname()[1]
        return ServerThread(self._house, listener)

    def stop(self) -> None:
        """End all sessions and stop listening. Messages and sessions stay readable."""
        with self._turn:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            atexit.unregister(self.stop)
            if thread.is_ours:
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

        names = (self._house.service.hostname, "localhost", "127.0.0.1", "::1")
        identity = make_identity(names, self._certificate)
        self._directory = Path(tempfile.mkdtemp(prefix="smtp_nb-sandbox-"))
        (self._directory / "ca.pem").write_bytes(identity.ca_pem)
        context = server_context(identity, self._directory, self._client_ca)
        self._house.new_tls = lambda: ServerTLS(context)

    def _remove_directory(self) -> None:
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    # Where it is

    @property
    def host(self) -> str:
        """The address it listens at."""
        return self._address[0]

    @property
    def port(self) -> int:
        """The port it listens at.

        Raises:
            StateError: it does not run.
        """
        if self._thread is None:
            raise StateError("The sandbox is not running", remedy="Call start(), or use `with`")
        return self._port

    @property
    def ca_file(self) -> str | None:
        """A file with the certificate of the authority to trust; None without TLS.

        It is there while the server runs.
        """
        return str(self._directory / "ca.pem") if self._directory else None

    @property
    def url(self) -> str:
        """What `SMTP.from_url` needs: where it is, the first user with its password, `ca=`."""
        return self._url(lambda password: quote(password, safe=""))

    def _url(self, spell: Callable[[str], str]) -> str:
        scheme = "smtps" if self._tls == "implicit" else "smtp"
        user, password = next(iter(self._auth.items()), ("", ""))
        login = f"{quote(user, safe='')}:{spell(password)}@" if user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = {"ca": self.ca_file} if self._tls else {"tls": "none"}
        return f"{scheme}://{login}{host}:{self.port}?{urlencode(query, safe='/')}"

    # What it saw

    def wait_for(self, count: int = 1, timeout: float = 10.0) -> list[Message]:
        """The messages, as soon as there are `count`.

        Raises:
            TimeoutError: there are fewer after `timeout` seconds.
        """
        return self.messages.wait_for(count, timeout)

    def clear(self) -> None:
        """Forget the messages and the sessions that have ended."""
        self.messages.clear()
        for session in [session for session in self.sessions if not session.is_open]:
            self.sessions.remove(session)  # one by one, for a new one may come in meanwhile

    # What goes wrong on purpose

    def inject(self, name: str, **arguments: Any) -> Fault:
        """Let something go wrong from now on.

        Args:
            name: a key of `smtp_nb.sandbox.FAULTS`.
            arguments: `stage`, `recipient`, `sender`, `times`, `after`, `code`, `text`, `delay`,
                `cut`, `stored`, `once_each`: see `Fault`.

        Raises:
            InputError: there is no such fault, or it does not take one of the arguments.
        """
        return self._house.faults.inject(name, arguments)

    def heal(self, name: str | None = None) -> None:
        """Take back what `inject` did, all of it or the faults with this name."""
        self._house.faults.heal(name)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What goes wrong at present, oldest first."""
        return self._house.faults.active

    def __repr__(self) -> str:
        if self._thread is None:
            return f"<SandboxServer, stopped: {len(self.messages)} messages>"
        where = self._url(lambda password: HIDDEN)
        return f"<SandboxServer at {where}: {len(self.messages)} messages>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.messages._repr_html_()}"


def _address(host: str, allow_remote: bool) -> str:
    """The address to listen at, checked."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not (is_loopback or allow_remote):
        raise InputError(
            f"Others could reach a sandbox at {host!r}",
            remedy="Listen at 127.0.0.1, or say allow_remote=True",
        )
    return host


def _refusing(recipients: tuple[str, ...]) -> FaultTable:
    """Faults to begin with: mail to these is refused."""
    return FaultTable([make("refuse", {"recipient": recipients})] if recipients else [])


def _mechanisms(names: Iterable[str], client_ca: str | Path | None) -> tuple[str, ...]:
    from smtp_nb.sasl.server import SERVICES

    asked = [name.upper() for name in names] + (["EXTERNAL"] if client_ca else [])
    if unknown := set(asked).difference(SERVICES):
        raise InputError(
            f"There is no login {', '.join(sorted(unknown))}",
            remedy=f"Choose from {', '.join(SERVICES)}",
        )
    return tuple(dict.fromkeys(asked))


def _extensions(without: Iterable[str], also: Iterable[str], tls: TLS | None) -> tuple[str, ...]:
    hidden, added = _keywords(without, EXTENSIONS), _keywords(also, ON_REQUEST)
    if tls != "starttls":
        hidden.add("STARTTLS")
    return tuple(name for name in (*EXTENSIONS, *sorted(added)) if name not in hidden)


def _keywords(names: Iterable[str], known: Collection[str]) -> set[str]:
    """Keywords in capitals, checked."""
    found = {name.upper() for name in ((names,) if isinstance(names, str) else names)}
    if unknown := found.difference(known):
        raise InputError(
            f"There is no extension {', '.join(sorted(unknown))}",
            remedy=f"Choose from {', '.join(known)}",
        )
    return found
