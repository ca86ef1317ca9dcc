"""`explain`."""

from __future__ import annotations

from smtp_nb.errors import InputError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.explain import Explanation, explain
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.trail.tally import is_refusal
from smtp_nb.model.trail.trail import Trail
from smtp_nb.notebook.syntax import Argument, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest


def _explain(request: VerbRequest) -> Explanation:
    text = request.text("reply")
    receipt = request.state.receipt
    if not text and receipt is not None and receipt.outcome is Outcome.UNKNOWN:
        return explain(str(receipt.outcome))
    return explain(text or _last_refusal(request.state.trail))


def _last_refusal(trail: Trail) -> str:
    """The last one that is no consequence of another: DATA in the group of a refused RCPT."""
    found, is_fresh = "", True
    for event in trail:
        if event.direction == TrailDirection.CLIENT:
            is_fresh = True
        elif is_fresh and is_refusal(event):
            found, is_fresh = event.message, False
    if not found:
        raise InputError(
            "the server refused nothing so far", remedy='Write %smtp explain "550 5.1.1 …"'
        )
    return found


VERBS = (
    Verb(
        "explain",
        "Say what a reply means and what to do; without a text, the last refusal",
        _explain,
        (Argument("reply", "the server's reply, or a code", ValueKind.CODE, False, rest=True),),
        example="%smtp explain 550 5.7.26",
    ),
)
