"""`server sessions`."""

from __future__ import annotations

from smtp_nb.classroom import HexDump
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.server.server import count_of
from smtp_nb.sandbox.session import Session


def _sessions(request: VerbRequest) -> object:
    sessions = list(request.state.running_sandbox().sessions)
    number = request.number("number")
    if number is None:
        if request.flag("bytes"):
            raise request.syntax.error("--bytes needs a session: %smtp server sessions 1 --bytes")
        rows = [(str(session.number), _line(session)) for session in sessions]
        return Card(f"{count_of(len(sessions), 'session')} so far", rows, about=sessions)
    for session in sessions:
        if session.number == number:
            return _bytes(request, session) if request.flag("bytes") else session
    known = ", ".join(str(session.number) for session in sessions) or "none so far"
    raise request.syntax.error(f"session {number} does not exist; known sessions: {known}")


def _bytes(request: VerbRequest, session: Session) -> object:
    if request.flag("static"):
        return HexDump(session)
    from smtp_nb.widgets import BytesView

    return BytesView(session)


def _line(session: Session) -> str:
    """One session in a line: who, how protected, how much was said, whether it goes on."""
    state = f"open, waiting: {session.waiting}" if session.is_open else "closed"
    facts = (
        session.hello or "no greeting",
        f"logged in as {session.user}" if session.user else "",
        session.tls.protocol if session.tls else "in clear",
        count_of(len(session), "line"),
        state,
    )
    return ", ".join(filter(None, facts))


VERBS = (
    Verb(
        "server sessions",
        "List the sandbox's sessions, or show the conversation of one",
        _sessions,
        (Argument("number", "the session", ValueKind.NUMBER, False),),
        (
            Option("--bytes", "its bytes, to search and to select", ValueKind.FLAG),
            Option("--static", "with --bytes: as a plain table", ValueKind.FLAG),
        ),
        example="%smtp server sessions 1 --bytes",
    ),
)
