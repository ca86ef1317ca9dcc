"""`queue`."""

from __future__ import annotations

from smtp_nb.client.smtp import SMTP
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, ValueKind
from smtp_nb.notebook.verb import CellBody, Verb, VerbRequest
from smtp_nb.notebook.verbs.send import MESSAGE_OPTIONS, message_of


def _queue(request: VerbRequest) -> Card:
    smtp, directory = _writer(request), request.text("directory")
    name = smtp.queue(directory, message_of(request, smtp))
    rows = [("File", name), ("Next", f"%smtp process-queue {directory}")]
    return Card("The message waits in the queue", rows, about=name)


def _writer(request: VerbRequest) -> SMTP:
    """No server is needed for it, so there may be no session."""
    if request.state.smtp is not None:
        return request.state.smtp
    smtp = SMTP()
    request.state.adjustments.apply(smtp)
    return smtp


DIRECTORY = Argument("directory", "a directory that exists", ValueKind.DIRECTORY)

VERBS = (
    Verb(
        "queue",
        "Write one message into a directory, to be sent by process-queue; needs no server",
        _queue,
        (DIRECTORY,),
        MESSAGE_OPTIONS,
        body=CellBody.OPTIONAL,
        example="%smtp queue spool/ --to ben@example.org --from ann@example.org --subject Hello"
        " --text 'It works.'",
    ),
)
