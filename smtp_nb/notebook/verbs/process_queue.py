"""`process-queue`."""

from __future__ import annotations

from smtp_nb.client.queue.spool import QueueReport
from smtp_nb.model.display import masked
from smtp_nb.model.events import ErrorEvent
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.queue import DIRECTORY


def _process_queue(request: VerbRequest) -> Card:
    smtp, told = request.state.session(), list[ErrorEvent]()
    handlers = smtp.on_error
    handlers(told.append)
    try:
        report = smtp.process_queue(request.text("directory"))
    finally:
        handlers -= told.append
    return Card(_title(report), _rows(report, told), about=report)


def _title(report: QueueReport) -> str:
    noun = "message" if len(report.sent) == 1 else "messages"
    return f"{len(report.sent)} {noun} of the queue sent"


def _rows(report: QueueReport, told: list[ErrorEvent]) -> list[tuple[str, str]]:
    counts = (
        ("Failed", len(report.failed)),
        ("Deferred", len(report.deferred)),
        ("In doubt", len(report.left_behind)),
    )
    rows = [(name, str(count)) for name, count in counts if count]
    return [*rows, *(("Why", masked(event.description)) for event in told)]


VERBS = (
    Verb(
        "process-queue",
        "Send the messages that wait in a directory, over one session",
        _process_queue,
        (DIRECTORY,),
        example="%smtp process-queue spool/",
    ),
)
