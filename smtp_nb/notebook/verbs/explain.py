"""`explain` and `help`."""

from __future__ import annotations

from smtp_nb.errors import InputError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.explain import Explanation, explain
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.trail.trail import Trail, is_refusal
from smtp_nb.notebook.show import Page
from smtp_nb.notebook.syntax import Argument, Option
from smtp_nb.notebook.verb import CellBody, Verb, VerbRequest


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
            "the server has not refused anything yet", remedy='Write %smtp explain "550 5.1.1 …"'
        )
    return found


def _help(request: VerbRequest) -> Page:
    from smtp_nb.notebook.verbs import VERBS, find_verb

    if not (name := request.text("verb")):
        return Page(overview(VERBS.values()))
    verb, rest = find_verb(name.split())
    if verb is not None and not rest:
        return Page(page_of(verb))
    if family := [known for known in VERBS.values() if known.name.split()[0] == name]:
        return Page(overview(family))
    raise request.syntax.error(f"unknown verb {name!r}")


def overview(verbs: object) -> str:
    """All verbs, one a line."""
    known = [verb for verb in verbs if isinstance(verb, Verb)]  # type: ignore[attr-defined]
    width = max(len(verb.name) for verb in known)
    rows = [f"  {verb.name:{width}}  {verb.summary}" for verb in known]
    hint = (
        "%smtp VERB --help shows details. Values may hold {{ name }}, filled from your variables."
    )
    return "\n".join(["SMTP in a notebook: %smtp VERB, or %%smtp VERB above a cell", *rows, hint])


def page_of(verb: Verb) -> str:
    """Everything about one verb."""
    syntax = verb.syntax
    mark = "%" if verb.body is CellBody.REQUIRED else ""
    lines = [f"{verb.summary}.", "", f"  {mark}{syntax.usage()}"]
    rows = [(a.spelling, a.help) for a in verb.arguments]
    rows += [(o.spelling, _with_many(o)) for o in syntax.all_options]
    width = max(len(left) for left, _ in rows)
    lines += ["", *(f"  {left:{width}}  {right}" for left, right in rows)]
    return "\n".join([*lines, "", "Example:", *(f"  {x}" for x in verb.example.splitlines())])


def _with_many(option: Option) -> str:
    return f"{option.help} (may be repeated)" if option.many else option.help


VERBS = (
    Verb(
        "explain",
        "Explain a reply and what to do; without a text, the last refusal",
        _explain,
        (Argument("reply", "the server's reply, or a code", required=False, rest=True),),
        example="%smtp explain 550 5.7.26",
    ),
    Verb(
        "help",
        "Show all verbs, or one",
        _help,
        (Argument("verb", "one of them", required=False, rest=True),),
        example="%smtp help send",
    ),
)
