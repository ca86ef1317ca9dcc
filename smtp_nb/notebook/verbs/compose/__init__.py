"""`compose`: a form for one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smtp_nb.notebook.verb import CellBody, Verb, VerbRequest
from smtp_nb.notebook.verbs.send import MESSAGE_OPTIONS

if TYPE_CHECKING:
    from smtp_nb.widgets import ComposerView

# What the form has no field for.
_WITHOUT = frozenset({"--attach-var", "--figure"})


def _compose(request: VerbRequest) -> ComposerView:
    from smtp_nb.notebook.verbs.compose.desk import NotebookDesk
    from smtp_nb.widgets import ComposerView
    from smtp_nb.widgets.composing.letter_form import LetterForm

    desk = NotebookDesk(request.state)
    body = request.text("text") if request.body is None else request.body.removesuffix("\n")
    form = LetterForm.read(
        {
            "sender": request.text("from", desk.sender),
            **{name: ", ".join(request.texts(name)) for name in ("to", "cc", "bcc")},
            **{name: request.text(name) for name in ("reply_to", "subject", "importance")},
            "kind": next((k for k in ("markdown", "html") if request.flag(k)), "text"),
            "body": body,
            "raw": request.flag("raw"),
            "attach": request.texts("attach"),
        }
    )
    return ComposerView(desk, form)


VERBS = (
    Verb(
        "compose",
        "Write one message in a form that shows it, checks it and teaches its cell",
        _compose,
        options=tuple(option for option in MESSAGE_OPTIONS if option.name not in _WITHOUT),
        body=CellBody.OPTIONAL,
        example="%smtp compose --to ann@school.test --subject Hi",
    ),
)
