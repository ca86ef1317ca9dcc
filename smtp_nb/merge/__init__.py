"""Mail merge: from a DataFrame to delivered mail, with an outcome for every row.

What becomes of one row, and where:

    Row                   rows/rows             a row of the frame: the values of its columns
     -> PlannedRow        planning/plan         its key and address, or why it gets nothing
     -> PendingMessage    running/run           not finished yet: recipients, tries, Message-ID
     -> RowValues         running/waiting       its turn has come; its values are read only now
     -> RenderedRow       templates/template    subject, bodies, addresses and files filled in
     -> RowMessage        planning/renderer     the message as bytes, and its envelope
     -> DeliveryJob       running/source        what a client takes; its tag is the PendingMessage
     -> Attempt           journal/schema        committed before the job may leave
     -> Receipt           delivering/deliver    what the server said of each recipient
     -> Result            journal/schema        committed; a deferred one becomes pending again

Rows whose values are plain need no RenderedRow: `templates/form_letter` makes their messages.

`Source.take` and `Source.settle` hold the order: render, commit the attempts, let them leave,
commit the results. `running/run` decides who is pending.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smtp_nb.merge.mailmerge import MailMerge
    from smtp_nb.merge.results.loading import load
    from smtp_nb.merge.results.summary import Summary
    from smtp_nb.merge.running.job import MergeJob
    from smtp_nb.merge.running.options import Options
    from smtp_nb.merge.running.progress import Progress
    from smtp_nb.merge.templates.template import Template

# Loaded when they are first used: most bring pandas, and a journal is found without it.
_HOMES = {
    "MailMerge": "smtp_nb.merge.mailmerge",
    "load": "smtp_nb.merge.results.loading",
    "Summary": "smtp_nb.merge.results.summary",
    "MergeJob": "smtp_nb.merge.running.job",
    "Options": "smtp_nb.merge.running.options",
    "Progress": "smtp_nb.merge.running.progress",
    "Template": "smtp_nb.merge.templates.template",
}

__all__ = ["MailMerge", "MergeJob", "Options", "Progress", "Summary", "Template", "load"]


# A name of this room is of any type.
def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
