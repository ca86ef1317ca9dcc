"""`command`."""

from __future__ import annotations

from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.verify import answered


def _command(request: VerbRequest) -> Card:
    return answered(request.state.session().send_command(request.text("line")))


VERBS = (
    Verb(
        "command",
        "Send one line of SMTP as it stands, and show the answer",
        _command,
        (Argument("line", "the command: NOOP, HELP, RSET, MAIL FROM:<…>", rest=True,
                  choices=("EHLO", "EXPN", "HELP", "HELO", "MAIL", "NOOP", "RCPT", "RSET",
                           "VRFY")),),
        example="%smtp command NOOP",
    ),
)  # fmt: skip
