"""`talk`."""

from __future__ import annotations

from smtp_nb.classroom import Terminal
from smtp_nb.notebook.syntax import Option
from smtp_nb.notebook.verb import CellBody, Verb, VerbRequest


def _talk(request: VerbRequest) -> Terminal:
    server = request.text("to") or request.state.running_sandbox()
    with Terminal(server, name=request.text("name")) as terminal:
        terminal.dialogue(request.body or "")
    return terminal


VERBS = (
    Verb(
        "talk",
        "Say the lines of the cell to a server by hand, right or wrong (also <wait>, <raw 2e0a>)",
        _talk,
        options=(
            Option("--name", "whose conversation it is", metavar="NAME"),
            Option("--to", "the URL of a server on this machine, instead of the sandbox or the"
                   " lesson's",
                   metavar="SERVER"),
        ),
        body=CellBody.REQUIRED,
        example="%%smtp talk --name ann\nEHLO me.test\nMAIL FROM:<ann@school.test>\nQUIT",
    ),
)  # fmt: skip
