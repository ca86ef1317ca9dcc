"""`merge`, `preview`, `results`: a DataFrame and a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest

if TYPE_CHECKING:
    import pandas as pd

    from smtp_nb.merge import MergeJob
    from smtp_nb.merge.preview import Preview
    from smtp_nb.notebook.results_frame import ResultsFrame
    from smtp_nb.notebook.verbs.merge.merging import DryRun


# pandas takes a second to import, and is not there in a browser: it is imported when one is run.
def _merge(request: VerbRequest) -> DryRun | pd.DataFrame | MergeJob:
    from smtp_nb.notebook.verbs.merge.merging import merge_rows

    return merge_rows(request)


def _preview(request: VerbRequest) -> Preview:
    from smtp_nb.notebook.verbs.merge.merging import preview_rows

    return preview_rows(request)


def _results(request: VerbRequest) -> ResultsFrame:
    from smtp_nb.notebook.verbs.merge.merging import results_of

    return results_of(request)


_ARGUMENTS = (
    Argument(
        "frame",
        "the variable that holds the rows, or an expression in quotes: 'df[df.paid == False]'",
        ValueKind.FRAME,
    ),
    Argument("template", "the template", ValueKind.TEMPLATE),
)
_OPTIONS = (
    Option(
        "--to",
        "the column of addresses; email by default; several are recipients of one message",
        ValueKind.COLUMN,
        "COLUMN",
        many=True,
    ),
    Option("--from", "the sender", metavar="ADDRESS"),
    Option("--with", "another variable for the template", ValueKind.VARIABLE, "NAME", many=True),
    Option("--name", "the campaign; the template's name by default", metavar="NAME"),
    Option("--journal", "the journal's file", ValueKind.PATH, "PATH"),
    Option(
        "--key",
        "the column that identifies a row; the address by default",
        ValueKind.COLUMN,
        "COLUMN",
    ),
    Option(
        "--group-by",
        "one message for all rows that agree in this column",
        ValueKind.COLUMN,
        "COLUMN",
        many=True,
    ),
)
_RUN_OPTIONS = (
    Option("--send", "send them, after asking for their number", ValueKind.FLAG),
    Option(
        "--yes",
        "the number of messages, or of all in a run that is resumed, instead of typing it",
        ValueKind.NUMBER,
        "N",
    ),
    Option("--background", "send in the background; returns the job", ValueKind.FLAG),
    Option(
        "--at", "in the background from this time on: 08:00, '2026-12-01 08:00'", metavar="TIME"
    ),
    Option("--skip-invalid", "leave rows with errors out", ValueKind.FLAG),
    Option("--limit", "send at most this many", ValueKind.NUMBER, "N"),
    Option("--only-to", "an address or domain; all others are skipped", many=True, metavar="WHO"),
    Option("--redirect-to", "send all messages to this address, as a trial", metavar="ADDRESS"),
    Option("--connections", "parallel connections; 1 by default", ValueKind.NUMBER, "N"),
    Option(
        "--window",
        "the most messages in flight on one connection; 32 by default",
        ValueKind.NUMBER,
        "N",
    ),
    Option(
        "--messages-per-connection",
        "open a new connection after this many messages",
        ValueKind.NUMBER,
        "N",
    ),
    Option("--rate", "messages in a period: 20/s, 500/h, 500/day", metavar="RATE"),
    Option(
        "--domain-rate",
        "the same for a recipient's domain; * is for all others",
        many=True,
        metavar="DOMAIN=RATE",
    ),
    Option("--quiet-hours", "begin no message in these hours: 22:00-07:00", metavar="HOURS"),
    Option("--wait-for-quota", "wait for a quota or quiet hours, not end", ValueKind.FLAG),
    Option("--deadline", "begin no message after this time: '30 min'", metavar="TIME"),
    Option("--patience", "retry greylisted messages for this time: '10 min'", metavar="TIME"),
    Option("--changed", "go on although the template has changed", ValueKind.FLAG),
)

VERBS = (
    Verb(
        "merge",
        "Send a message to every row of a frame; without --send a dry run",
        _merge,
        _ARGUMENTS,
        (*_OPTIONS, *_RUN_OPTIONS),
        example="results = %smtp merge df result --send",
    ),
    Verb(
        "preview",
        "Show the first messages of a merge",
        _preview,
        _ARGUMENTS,
        (*_OPTIONS, Option("--rows", "how many messages; 3 by default", ValueKind.NUMBER, "N")),
        example="%smtp preview df result",
    ),
    Verb(
        "results",
        "Show the outcome of every row of a merge",
        _results,
        (Argument("name", "the campaign; the last one by default", ValueKind.CAMPAIGN, False),),
        example="%smtp results",
    ),
)
