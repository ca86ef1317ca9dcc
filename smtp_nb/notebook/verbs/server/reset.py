"""`server reset`."""

from __future__ import annotations

from contextlib import suppress

from smtp_nb.errors import SMTPError
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.server.server import count_of


def _reset(request: VerbRequest) -> Card:
    state = request.state
    sandbox = state.running_sandbox()
    forgotten = count_of(len(sandbox.messages), "message")
    is_used = state.smtp is not None and state.is_at(state.smtp, sandbox)
    if is_used:
        with suppress(SMTPError):
            state.end_session()
    sandbox.reset()
    rows = [("Forgotten", f"{forgotten}, all sessions and faults"), ("Next", "%smtp connect")]
    return Card("The sandbox begins again", rows, about=sandbox)


VERBS = (
    Verb(
        "server reset",
        "Begin again on the running sandbox: no messages, no sessions, nothing goes wrong",
        _reset,
        example="%smtp server reset",
    ),
)
