"""Checks of a form, field by field, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from smtp_nb.client.settings.converters import addresses
from smtp_nb.compose.parts import Attachment
from smtp_nb.errors import SMTPError
from smtp_nb.notebook.refusals import secrets_in
from smtp_nb.notebook.render import fill
from smtp_nb.notebook.verbs.compose.cell import Cell
from smtp_nb.notebook.words import split_words
from smtp_nb.widgets.composing.desk import FormProblem
from smtp_nb.wording import Front, worded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtp_nb.widgets.composing.letter_form import LetterForm

_OPTIONS = {
    "sender": "--from",
    "to": "--to",
    "cc": "--cc",
    "bcc": "--bcc",
    "reply_to": "--reply-to",
}
_PROMISED = re.compile(
    r"\b(?:attach(?:ed|ments?|ing)?|enclosed|anbei|angehängt|anhang|ci-joint|pi[èe]ces? jointes?"
    r"|adjunt[oa]s?|allegat[oi])\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"(?m)^>.*$")
_TAG = re.compile(r"<[^>]*>")


def of_error(field: str, error: SMTPError) -> FormProblem:
    """A problem in the words of an error."""
    remedy = worded(error.remedy, Front.MAGIC)
    what = error.description.rstrip(".")
    return FormProblem(field, f"{what}. {remedy}".rstrip(". ") if remedy else what)


def of_fields(form: LetterForm, namespace: Mapping[str, object]) -> Iterator[FormProblem]:
    """What is wrong in fields that are looked at alone, and what is hardly meant."""
    for field, option in _OPTIONS.items():
        yield from _of_addresses(field, option, getattr(form, field), namespace)
    if not (form.to or form.cc or form.bcc):
        yield FormProblem("to", "the message has no recipient. Write an address")
    try:
        fill("subject", form.subject, namespace)
    except SMTPError as error:
        yield of_error("subject", error)
    for path in form.attach:
        try:
            _ = Attachment(path=fill("attach", path, namespace)).size
        except SMTPError as error:
            yield of_error("attach", error)
    if not form.subject:
        yield FormProblem("subject", "the subject is empty", is_error=False)
    if not form.body.strip() and not form.attach:
        yield FormProblem("body", "the text is empty", is_error=False)
    if not form.attach and (word := _promise(form)):
        yield FormProblem(
            "attach", f"the text says {word!r}, but nothing is attached", is_error=False
        )


def _of_addresses(
    field: str, option: str, text: str, namespace: Mapping[str, object]
) -> Iterator[FormProblem]:
    try:
        found = addresses(option, fill(field, text, namespace))
    except SMTPError as error:
        yield of_error(field, error)
        return
    from smtp_nb.merge.planning.recipients import remarks

    for box in found:
        for odd, remedy in remarks(None, box):
            yield FormProblem(field, f"{odd}. {remedy}", is_error=False)


def _promise(form: LetterForm) -> str:
    body = _TAG.sub(" ", form.body) if form.kind == "html" else form.body
    found = _PROMISED.search(f"{form.subject}\n{_QUOTED.sub('', body)}")
    return found[0] if found else ""


def of_cell(cell: Cell) -> Iterator[FormProblem]:
    """What a form can hold and a cell cannot."""
    if secrets_in(list(cell.words)):
        yield FormProblem(
            "", "one field looks like a password, which the cell would keep. Leave it out"
        )
    elif tuple(split_words(cell.line)) != cell.words:
        yield FormProblem("", "{{ is not closed by }} within its field. Close it, or leave it out")
    elif not cell.is_read_as_written:
        yield FormProblem(
            "body",
            "IPython would take the prompt off its first line (>>> or In [1]:). Begin with other"
            " words",
        )
