"""`server heal`."""

from __future__ import annotations

from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.server.server import faults_of
from smtp_nb.sandbox import FAULTS


def _heal(request: VerbRequest) -> Card:
    sandbox = request.state.running_sandbox()
    sandbox.heal(request.text("name") or None)
    return faults_of(sandbox)


VERBS = (
    Verb(
        "server heal",
        "Take back what server fault did: one fault, or all",
        _heal,
        (Argument("name", "the fault; without it, all", ValueKind.CHOICE, False, tuple(FAULTS)),),
        example="%smtp server heal greylist",
    ),
)
