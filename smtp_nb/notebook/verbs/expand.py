"""`expand`."""

from __future__ import annotations

from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.verify import answered


def _expand(request: VerbRequest) -> Card:
    return answered(request.state.session().expand(request.text("list")))


VERBS = (
    Verb(
        "expand",
        "Ask the server who is on a mailing list (EXPN); many do not say",
        _expand,
        (Argument("list", "the list's name or address"),),
        example="%smtp expand class",
    ),
)
