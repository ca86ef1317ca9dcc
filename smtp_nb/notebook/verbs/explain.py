"""`explain`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.explain import Explanation, explain, outcomes
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.trail.tally import is_refusal
from smtp_nb.model.trail.trail import Trail
from smtp_nb.notebook.syntax import Argument, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.widgets.catalogue import search
from smtp_nb.wording import Front, worded

if TYPE_CHECKING:
    from smtp_nb.widgets import ExplanationTable

# A code that is not whole finds those that begin with it: 4, 55, 5.7.
_BEGUN = re.compile(r"[245](?:[0-9]|\.[0-9]{1,3})?\.?\Z")


def _explain(request: VerbRequest) -> Explanation | ExplanationTable:
    text = request.text("reply").strip()
    if not text:
        return _table("", _of_last(request))
    found = explain(text)
    if text in outcomes():
        return _table(text, found)
    is_known = found.code or found.enhanced_code or found.source != explain("").source
    if _BEGUN.match(text) or (not is_known and search(text)):
        return _table(text)
    return _in_magic(found)


def _table(words: str, first: Explanation | None = None) -> ExplanationTable:
    from smtp_nb.widgets import ExplanationTable

    return ExplanationTable(words, first and _in_magic(first))


def _in_magic(found: Explanation) -> Explanation:
    """The same, its remedy in the words of `%smtp`."""
    remedy = worded(found.remedy, Front.MAGIC)
    return found if remedy.lower() == found.remedy.lower() else replace(found, remedy=remedy)


def _of_last(request: VerbRequest) -> Explanation | None:
    """What became of the last message if that is in doubt, else the last refusal."""
    receipt = request.state.receipt
    if receipt is not None and receipt.outcome is Outcome.UNKNOWN:
        return explain(str(receipt.outcome))
    refusal = _last_refusal(request.state.trail)
    return explain(refusal) if refusal else None


def _last_refusal(trail: Trail) -> str:
    """The last one that is no consequence of another: DATA in the group of a refused RCPT."""
    found, is_fresh = "", True
    for event in trail:
        if event.direction == TrailDirection.CLIENT:
            is_fresh = True
        elif is_fresh and is_refusal(event):
            found, is_fresh = event.message, False
    return found


VERBS = (
    Verb(
        "explain",
        "Say what a reply, an error or a word of SMTP means, and what to do",
        _explain,
        (
            Argument(
                "reply",
                "the server's reply, an error's words, a code or the beginning of one, or words to"
                " search for: tls, sasl, proxy, UNKNOWN",
                ValueKind.CODE,
                False,
                rest=True,
            ),
        ),
        example="%smtp explain 550 5.7.26\n%smtp explain tls",
    ),
)
