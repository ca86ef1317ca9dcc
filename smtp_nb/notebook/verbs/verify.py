"""`verify`."""

from __future__ import annotations

from smtp_nb.model.explain import explain
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument
from smtp_nb.notebook.verb import Verb, VerbRequest


def _verify(request: VerbRequest) -> Card:
    return answered(request.state.session().verify(request.text("address")))


def answered(reply: str) -> Card:
    """A server's answer, line by line, and what it means."""
    first, *more = reply.splitlines() or [""]
    rows = [("Server", first), *(("", line) for line in more)]
    return Card("The server's answer", [*rows, ("Means", explain(reply).short)], about=reply)


VERBS = (
    Verb(
        "verify",
        "Ask the server whether it knows a mailbox (VRFY); many do not say",
        _verify,
        (Argument("address", "an address, or a user's name"),),
        example="%smtp verify ann@school.test",
    ),
)
