"""`connect`, `disconnect`, `status`."""

from __future__ import annotations

from smtp_nb.client.passwords import find_password
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import StateError
from smtp_nb.notebook.show import Card, Rows
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest


def _connect(request: VerbRequest) -> Card:
    state = request.state
    state.connect(with_password(request, session_for(request)))
    state.sender = request.text("from", state.sender)
    return session_card(request)


def with_password(request: VerbRequest, smtp: SMTP) -> SMTP:
    """The same, with the password of its user: one that an option names wins over the URL's."""
    variable, file = request.text("password_env"), request.text("password_file")
    is_missing = not smtp.password and smtp.token_source is None
    if smtp.user and (variable or file or is_missing):
        smtp.password = find_password(
            smtp.user,
            smtp.mail_server,
            variable=variable,
            file=file,
            waiting=request.state.waiting.during,
        )
    return smtp


def session_for(request: VerbRequest) -> SMTP:
    """One for the server of the line, else for the sandbox; not connected yet."""
    if url := request.text("url"):
        return SMTP.from_url(url)
    if request.state.sandbox is None:
        raise StateError(
            "no sandbox is running",
            remedy="Write %smtp server start first, or %smtp connect smtp://you@your.server:587",
        )
    return SMTP.from_url(request.state.sandbox.url)


def _disconnect(request: VerbRequest) -> Card:
    request.state.end_session()
    request.state.tried = ("", "")
    return Card("Not connected")


def _status(request: VerbRequest) -> Card:
    return session_card(request)


def session_card(request: VerbRequest, more: Rows = ()) -> Card:
    """What the session is like."""
    smtp, sandbox = request.state.smtp, request.state.sandbox
    is_running = sandbox is not None and sandbox.is_running
    running = "running" if is_running else ""
    templates = ", ".join(request.state.templates)
    rest = [("Sandbox", running), ("Templates", templates), ("From", request.state.sender)]
    tried = request.state.tried
    where = "" if smtp is None else f"{smtp.mail_server}:{smtp.mail_port}"
    if sandbox is not None and smtp is not None and request.state.is_at(smtp, sandbox):
        where = "the sandbox"  # its port differs from run to run, and outputs must not
    if smtp is None or not smtp.connected:
        closed = ("Server", f"{where}, closed" if where else "")
        return Card("Not connected", [closed, tried, *rest])
    rows = [
        ("Server", where),
        tried,
        ("Line", str(smtp.tls) if smtp.tls else "in clear"),
        ("Logged in as", smtp.user),
        ("Offers", ", ".join(smtp.extensions)),
    ]
    return Card("Connected", [*rows, *more, *rest], about=smtp)


_URL = Argument(
    "url", "smtp://user@host:587 (STARTTLS) or smtps://user@host (TLS); empty: the sandbox",
    required=False,
)  # fmt: skip

PASSWORD_OPTIONS = (
    Option("--password-env", "environment variable that holds the password; otherwise the"
        " keyring, then a prompt", metavar="NAME"),
    Option("--password-file", "file with the password alone, which only you can read",
           ValueKind.PATH, "PATH"),
)  # fmt: skip

VERBS = (
    Verb(
        "connect",
        "Open a session: connection, TLS, login",
        _connect,
        (_URL,),
        (
            *PASSWORD_OPTIONS,
            Option("--from", "the sender of all following messages", metavar="ADDRESS"),
        ),
        example="%smtp connect smtp://ann@mail.example.org:587 -o session\n"
        "session.about.send_command('NOOP')",
    ),
    Verb("disconnect", "End the session", _disconnect, example="%smtp disconnect"),
    Verb(
        "status",
        "Show the session, the sandbox, templates and merges",
        _status,
        example="%smtp status",
    ),
)
