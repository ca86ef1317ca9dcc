"""`template`: a named message template."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from smtp_nb.errors import InputError
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import CellBody, Verb, VerbRequest

if TYPE_CHECKING:
    from smtp_nb.merge.templates.template import Template

# What may stand above the first empty line: its name, and the argument of Template.
_FIELDS = {
    "subject": "subject",
    "from": "from_",
    "reply-to": "reply_to",
    "cc": "cc",
    "bcc": "bcc",
    "attach": "attachments",
    "list-unsubscribe": "list_unsubscribe",
}
_MANY = frozenset({"attachments", "list_unsubscribe"})


def _template(request: VerbRequest) -> Card:
    kind = next((name for name in ("html", "text") if request.flag(name)), "markdown")
    name = request.text("name")
    template = read_template(request.body or "", kind)
    request.state.templates[name] = template
    return _card(name, kind, template)


def _card(name: str, kind: str, template: Template) -> Card:
    from smtp_nb.merge.templates.template import Compiled

    files = ", ".join(map(str, template.attachments))
    rows = [
        ("Subject", template.subject),
        ("Body", kind),
        ("Fills in", ", ".join(sorted(Compiled(template).names))),
        ("Attached", files),
    ]
    return Card(f"Template {name}", rows, about=template)


def read_template(source: str, kind: str) -> Template:
    """A template from the text of a cell: fields, an empty line, the body.

    Args:
        kind: markdown, html or text: what the body is.

    Raises:
        InputError: a line above the empty one is no field, or a part's syntax is wrong.
    """
    from smtp_nb.merge.templates.template import Template

    head, separator, body = source.lstrip("\n").partition("\n\n")
    if not separator:
        raise InputError(
            "the template has no body",
            remedy="Write Subject: … first, then an empty line, then the body",
        )
    # The values are of the types of Template's arguments.
    fields: dict[str, object] = {kind: body}
    for line in head.splitlines():
        _take_field(line, fields)
    return Template(**fields)  # type: ignore[arg-type]


def _take_field(line: str, fields: dict[str, object]) -> None:
    name, colon, value = line.partition(":")
    word = name.strip().lower()
    if colon and word.startswith("x-"):
        headers = fields.setdefault("headers", {})
        headers[name.strip()] = value.strip()  # type: ignore[index]
        return
    if not colon or word not in _FIELDS:
        raise InputError(f"{line!r} is not a template field", remedy=_nearest(word))
    argument = _FIELDS[word]
    if argument in _MANY:
        fields[argument] = [*fields.get(argument, []), value.strip()]  # type: ignore[misc]
    elif argument in fields:
        raise InputError(f"{name.strip()} is given twice", remedy="Write it once")
    else:
        fields[argument] = value.strip()


def _nearest(word: str) -> str:
    near = get_close_matches(word, _FIELDS, 1)
    if near:
        return f"Did you mean {near[0].capitalize()}:?"
    return "Begin with lines such as Subject:, From:, Attach:, and end them with an empty line"


VERBS = (
    Verb(
        "template",
        "Keep the cell below as a template: fields, an empty line, the body",
        _template,
        (Argument("name", "its name", ValueKind.TEMPLATE),),
        (
            Option("--html", "the body is HTML, not Markdown", ValueKind.FLAG),
            Option("--text", "the body is plain text, not Markdown", ValueKind.FLAG),
        ),
        body=CellBody.REQUIRED,
        example="%%smtp template result\n"
        "Subject: Result for {{ name }}\nAttach: scale.pdf\n\n"
        "Dear {{ name }},\n\nyou have **{{ points }}** points.",
    ),
)
