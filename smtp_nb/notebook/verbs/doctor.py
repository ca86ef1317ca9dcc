"""`doctor`."""

from __future__ import annotations

from smtp_nb.client.smtp import SMTP
from smtp_nb.model.diagnosis import Checkup
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.connection import PASSWORD_OPTIONS, session_for, with_password
from smtp_nb.wording import Front


def _doctor(request: VerbRequest) -> Checkup:
    smtp = with_password(request, _patient(request))
    request.state.adjustments.apply(smtp)
    smtp.on_pi_trail(request.state.observe)
    smtp.on_connection_status(request.state.waiting)
    smtp._front = Front.MAGIC
    return smtp.doctor(request.number("patience") or 10)


def _patient(request: VerbRequest) -> SMTP:
    """The server of the line, else that of the session, else the sandbox."""
    state = request.state
    if not request.text("url") and state.smtp is not None:
        return state.smtp.clone()
    return session_for(request)


VERBS = (
    Verb(
        "doctor",
        "Test the path to a server, step by step: what is wrong, and what to do",
        _doctor,
        (Argument("url", "smtp://user@host:587; empty: the session's server, or the sandbox",
                  required=False),),
        (
            *PASSWORD_OPTIONS,
            Option("--patience", "the longest wait for each reply, in seconds; 10 by default",
                   ValueKind.NUMBER, "SECONDS"),
        ),
        example="%smtp doctor smtp://ann@mail.example.org:587",
    ),
)  # fmt: skip
