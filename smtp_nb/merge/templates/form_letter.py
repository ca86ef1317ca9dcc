"""Form letters: the constant bytes of a message made once, with slots for the rest.

Most templates only print cells, and most cells are plain. So the message of one row is that of any
other with other values in its slots. A specimen is composed in the general way, with a mark in the
place of each value, and cut at the marks. Four fields of the header are written for each row: Date,
To, Subject and Message-ID.

The law: byte for byte the message that the general way makes, or none. Whatever is not certain
goes the general way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from smtp_nb.compose.fields import HeaderStyle, addresses, check_head, unstructured
from smtp_nb.compose.message import Composed, Composer
from smtp_nb.merge.templates.compiled import (
    CHARSET,
    MARK,
    NotPlainError,
    Sheet,
    Slots,
    Values,
    Woven,
    body_of,
)
from smtp_nb.merge.templates.environment import Part
from smtp_nb.merge.templates.filters import IMAGES, Images
from smtp_nb.merge.templates.template import Compiled, RenderedRow
from smtp_nb.model.address import Mailbox

_SLOT = rf"{MARK}\d+z"
_IN_TAG = re.compile(
    rf"<(?:[a-z]*|img\b[^>]*){MARK}|{_SLOT}[cid]+:|(?:[ci]|{_SLOT}){_SLOT}:", re.IGNORECASE
)
_IN_NAME = re.compile(rf"{_SLOT}[^\s>\"']*\s*[=(]")
# Neither folded nor quoted, whatever it is exactly.
_SIMPLE_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,30}@[A-Za-z0-9.-]{1,40}\Z")
_SUBJECT = 60
_OWN_FIELD = re.compile(r"^(Date|To|Subject|Message-ID):.*?\r\n(?![ \t])", re.M | re.S)
_STYLE = HeaderStyle(CHARSET)
_NOBODY = Mailbox("slot", "slot.invalid")


class FormLetter:
    """The messages of one template for rows whose values are plain.

    Args:
        composer: makes all messages of the campaign, also those that go the general way.
        slots: what differs from row to row.
        letter: has marks in the place of the values.

    Attributes:
        letter: the same; all rows share its senders and copies.

    Raises:
        NotPlainError: the messages differ in more than their slots.
    """

    def __init__(
        self,
        composer: Composer,
        slots: Slots,
        letter: RenderedRow,
    ) -> None:
        draft = letter.draft
        self.letter = letter
        self._composer = composer
        self._slots = slots
        self._domain = draft.authors[0].domain
        self._subject = Woven(draft.subject)
        self._bodies = [body_of(text) for text in (draft.text, draft.html) if text is not None]
        specimen = composer.compose(draft)
        first, *self._rest = specimen.pieces
        if specimen.needs_smtputf8 or not isinstance(first, bytes):
            raise NotPlainError
        self._size_of_rest = specimen.size - len(first)
        has_boundary = composer.boundary and composer.boundary in first
        self._boundary = composer.boundary if has_boundary else b""
        self._boundaries = first.count(self._boundary)
        self._sheet = Sheet()
        self._own: list[tuple[int, str]] = []
        self._lay_out(specimen.head.decode("ascii"), first[len(specimen.head) :].decode("ascii"))

    def _lay_out(self, head: str, body: str) -> None:
        """Write down what all rows have in common, with gaps for the rest."""
        for at, text in enumerate(_OWN_FIELD.split(head)):
            if at % 2:
                self._own.append((self._sheet.add(""), text))
            else:
                self._sheet.add(_constant(text))
        marks = self._slots.marks
        for part in self._bodies:
            before, _, body = body.partition(part.text(marks))
            self._sheet.add(_constant(before))
            part.lay(self._sheet)
        self._sheet.add(_constant(body))
        self._unsafe = [part for part in self._bodies if not part.is_safe]

    def message(self, row: Values, to: Sequence[Mailbox], token: str) -> Composed | None:
        """The message of one row; None if the general way has to make it.

        Args:
            token: the first half of its Message-ID.
        """
        try:
            fills = self._slots.fills(row)
            texts = self._sheet.filled(fills)
            for body in self._unsafe:
                body.fill(texts, fills)
            own = {"Subject": _subject(self._subject.filled(fills)), "To": _recipients(to)}
        except Exception:
            return None  # the general way meets the same, and says it
        message_id = f"<{token}@{self._domain}>"
        own["Date"] = f"Date: {self._composer.date()}\r\n"
        own["Message-ID"] = f"Message-ID: {message_id}\r\n"
        for at, name in self._own:
            texts[at] = own[name]
        whole = "".join(texts).encode("ascii")
        if (boundary := self._boundary) and (
            boundary != self._composer.boundary or whole.count(boundary) != self._boundaries
        ):
            return None
        size = len(whole) + self._size_of_rest
        return Composed(whole.index(b"\r\n\r\n") + 2, size, message_id, False, (whole, *self._rest))


def _constant(text: str) -> str:
    """A text of the specimen that is the same for all rows.

    Raises:
        NotPlainError: it is not.
    """
    if MARK in text:
        raise NotPlainError
    return text


def _subject(text: str) -> str:
    if len(text) <= _SUBJECT and text.isascii() and text.isprintable() and "=?" not in text:
        return f"Subject: {text}\r\n"
    return _checked(unstructured("Subject", text, _STYLE))


def _recipients(boxes: Sequence[Mailbox]) -> str:
    address = boxes[0].address
    if len(boxes) > 1 or boxes[0].name or _SIMPLE_ADDRESS.match(address) is None:
        return _checked(addresses("To", boxes, _STYLE))
    return f"To: {address}\r\n"


def _checked(field: str) -> str:
    if not field.isascii():
        raise NotPlainError  # then the whole header may be UTF-8
    check_head(field.encode("ascii"), 1)
    return field


def _refuse_in_tags(html: str) -> None:
    """Raise where a value might make a picture, or a reference to a part of the message.

    Raises:
        NotPlainError: it might.
    """
    has_references = "cid:" in html.lower()
    if _IN_TAG.search(html) or (has_references and _IN_NAME.search(html)):
        raise NotPlainError


def form_letter(
    compiled: Compiled, columns: Collection[object], composer: Composer
) -> FormLetter | None:
    """What makes the messages of plain rows; None if they differ in more than printed cells.

    Args:
        columns: the names that a row fills.
        composer: makes the other messages too.
    """
    if (parts := compiled.printing) is None:
        return None
    try:
        return _made(compiled, parts, columns, composer)
    except Exception:
        return None  # the general way meets the same, and says it


def _made(
    compiled: Compiled,
    parts: Sequence[Part | None],
    columns: Collection[object],
    composer: Composer,
) -> FormLetter:
    slots = Slots(columns, compiled.common, escapes=parts[-1] is not None)
    subject, text, html = (None if part is None else _marked(slots, part) for part in parts)
    if text is not None and (text := compiled.finished(text, MARK)) is None:
        raise NotPlainError
    if html is not None:
        _refuse_in_tags(html)
    values = compiled.values({})
    letter = compiled.addressed(values, (subject or "", text, html), (_NOBODY,), "slot")
    images: Images = values[IMAGES]  # type: ignore[assignment]  # put there by `values`
    if images.parts:
        raise NotPlainError  # their files are looked at for each row
    return FormLetter(composer, slots, letter)


def _marked(slots: Slots, part: Part) -> str:
    if part.pieces is None:
        raise NotPlainError
    return slots.text(part.pieces)
