"""`server sessions`."""

from __future__ import annotations

from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.server.server import count_of
from smtp_nb.sandbox.session import Session


def _sessions(request: VerbRequest) -> Card | Session:
    sessions = list(request.state.running_sandbox().sessions)
    number = request.number("number")
    if number is None:
        rows = [(str(session.number), _line(session)) for session in sessions]
        return Card(f"{count_of(len(sessions), 'session')} so far", rows, about=sessions)
    for session in sessions:
        if session.number == number:
            return session
    known = ", ".join(str(session.number) for session in sessions) or "none so far"
    raise request.syntax.error(f"session {number} does not exist; known sessions: {known}")


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
        example="%smtp server sessions 1",
    ),
)
