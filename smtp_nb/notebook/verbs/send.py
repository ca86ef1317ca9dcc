"""`send`: one message, from a line or from a cell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from smtp_nb.client.settings.converters import addresses
from smtp_nb.client.smtp import SMTP
from smtp_nb.compose.draft import Addressed, Draft
from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.errors import MissingError
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.enums import Importance
from smtp_nb.model.receipt import Receipt
from smtp_nb.notebook.render import in_notebook, only
from smtp_nb.notebook.syntax import Option, ValueKind
from smtp_nb.notebook.verb import CellBody, Verb, VerbRequest

_FORMATS = ("markdown", "html")
# Stands where a letter must have an address; only its bodies and images are used.
_NOBODY = "nobody@localhost"


def _send(request: VerbRequest) -> Receipt:
    smtp = request.state.session()
    request.state.receipt = smtp.send(message_of(request, smtp))
    return request.state.receipt


def message_of(request: VerbRequest, smtp: SMTP) -> Addressed:
    """The message that the options and the cell describe, with those who get it."""
    body = request.text("text") if request.body is None else request.body
    draft = replace(
        _draft(request, body),
        from_=addresses("--from", _sender(request, smtp)),
        to=addresses("--to", request.texts("to")),
        cc=addresses("--cc", request.texts("cc")),
        reply_to=addresses("--reply-to", request.text("reply_to")),
        subject=request.text("subject"),
        attachments=tuple(_attachments(request)),
        importance=Importance[request.text("importance", "unspecified").upper()],
        message_id="*",
    )
    return Addressed(draft, addresses("--bcc", request.texts("bcc")))


def _draft(request: VerbRequest, body: str) -> Draft:
    """The bodies and images, rendered once; headers are taken from the options, rendered before."""
    kind = next((name for name in _FORMATS if request.flag(name)), "text")
    if request.flag("raw"):
        return replace(Draft(from_=()), **_body(kind, body))
    if kind != "text":
        body += "".join(f"\n\n{{{{ {n} | image('{n}') }}}}\n" for n in request.texts("figure"))
    from smtp_nb.merge.rows.problem import RowError
    from smtp_nb.merge.templates.template import Compiled, Template

    template = Template(from_=_NOBODY, **_body(kind, body))
    names = Compiled(template).names
    values = only(names, request.namespace)
    try:
        compiled = Compiled(replace(template, context=values))
        return compiled.letter({}, (parse_mailbox(_NOBODY),), "*").draft
    except RowError as error:
        raise in_notebook(error, names - values.keys()) from error


def _body(kind: str, body: str) -> dict[str, Any]:  # keywords of several types, by mypy's rules
    return {kind: body}


def _sender(request: VerbRequest, smtp: SMTP) -> str:
    login = smtp.user if "@" in smtp.user else ""
    sender = request.text("from") or request.state.sender or login
    if not sender:
        raise MissingError(
            "no sender is set",
            code=164,
            remedy="Give --from ADDRESS, here or to %smtp connect",
        )
    return sender


def _attachments(request: VerbRequest) -> list[Attachment | EncodedPart]:
    files: list[Attachment | EncodedPart] = [
        Attachment(path=path) for path in request.texts("attach")
    ]
    files += [file_of(name, request.variable(name)) for name in request.texts("attach_var")]
    if not any(request.flag(name) for name in _FORMATS) or request.flag("raw"):
        files += [_picture(name, request.variable(name)) for name in request.texts("figure")]
    return files


def file_of(name: str, value: Any) -> Attachment:  # what a user's variable holds is of any type
    """A variable as a file: a frame becomes CSV, text and bytes stay, a figure becomes PNG."""
    if hasattr(value, "to_csv"):
        text = value.to_csv(index=getattr(value.index, "name", None) is not None)
        return Attachment(data=text.encode(), filename=f"{name}.csv", content_type="text/csv")
    if isinstance(value, str):
        return Attachment(data=value.encode(), filename=f"{name}.txt")
    if isinstance(value, bytes):
        return Attachment(data=value, filename=f"{name}.bin")
    return _picture(name, value)


def _picture(name: str, value: object) -> Attachment:
    from smtp_nb.merge.templates.filters import SharedImages

    drawn = SharedImages(()).part(value)
    if not isinstance(drawn, Attachment):
        raise TypeError("an image that is not shared is drawn anew")
    suffix = drawn.filename.rpartition(".")[2]
    return replace(drawn, filename=f"{name}.{suffix}", cid="")


MESSAGE_OPTIONS = (
    Option("--to", "a recipient", metavar="ADDRESS", many=True),
    Option("--cc", "a recipient of a copy", metavar="ADDRESS", many=True),
    Option("--bcc", "a recipient whom no header names", metavar="ADDRESS", many=True),
    Option("--subject", "the subject", metavar="TEXT"),
    Option("--from", "the sender", metavar="ADDRESS"),
    Option("--reply-to", "where answers go", metavar="ADDRESS"),
    Option("--importance", "what the reader's program marks it as", ValueKind.CHOICE,
           choices=("low", "normal", "high")),
    Option("--text", "the body, for a message on one line"),
    Option("--markdown", "the body is Markdown: sent as text and HTML", ValueKind.FLAG),
    Option("--html", "the body is HTML", ValueKind.FLAG),
    Option("--raw", "leave {{ … }} in the body as it stands", ValueKind.FLAG),
    Option("--attach", "a file to send along", ValueKind.PATH, "PATH", many=True),
    Option("--attach-var", "a variable to send along as a file: frame, text, bytes",
           ValueKind.VARIABLE, "NAME", many=True),
    Option("--figure", "a figure to show below the body", ValueKind.VARIABLE, "NAME",
           many=True),
)  # fmt: skip

VERBS = (
    Verb(
        "send",
        "Send one message: the cell below, or --text",
        _send,
        options=MESSAGE_OPTIONS,
        body=CellBody.OPTIONAL,
        example="%%smtp send --to ben@example.org --subject Hello --markdown\n"
        "Dear Ben,\n\nit **works**.",
    ),
)
