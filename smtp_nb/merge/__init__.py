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

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smtp_nb.merge.mailmerge import MailMerge
    from smtp_nb.merge.results.loading import load
    from smtp_nb.merge.results.summary import Summary
    from smtp_nb.merge.running.job import MergeJob
    from smtp_nb.merge.running.options import Options
    from smtp_nb.merge.running.progress import Progress
    from smtp_nb.merge.templates.template import Template

__all__ = ["MailMerge", "MergeJob", "Options", "Progress", "Summary", "Template", "load"]


# Most of them bring pandas, and a journal is found without it.
def __getattr__(name: str) -> Any:  # of any type
    """Import all names of this room when the first is used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from smtp_nb.merge.mailmerge import MailMerge
    from smtp_nb.merge.results.loading import load
    from smtp_nb.merge.results.summary import Summary
    from smtp_nb.merge.running.job import MergeJob
    from smtp_nb.merge.running.options import Options
    from smtp_nb.merge.running.progress import Progress
    from smtp_nb.merge.templates.template import Template

    known = (MailMerge, MergeJob, Options, Progress, Summary, Template, load)
    globals().update({one.__name__: one for one in known})
    return globals()[name]
