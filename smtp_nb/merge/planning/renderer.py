"""Rendering of planned rows to messages ready to send."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from smtp_nb.compose.message import Composed, Composer
from smtp_nb.errors import InputError
from smtp_nb.merge.journal.schema import RETRIED
from smtp_nb.merge.planning.digest import Digests
from smtp_nb.merge.planning.plainness import ENCODED, is_plain, odd_cells
from smtp_nb.merge.planning.plan import PlannedRow
from smtp_nb.merge.rows.groups import GroupedRows, same
from smtp_nb.merge.rows.printed import Note
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.rows import Row, Rows
from smtp_nb.merge.rows.unfilled import Empty, EmptyEntry
from smtp_nb.merge.templates.addressing import Mailboxes
from smtp_nb.merge.templates.form_letter import FormLetter, form_letter
from smtp_nb.merge.templates.lawful import ROW
from smtp_nb.merge.templates.return_path import token_of
from smtp_nb.merge.templates.suspicions import suspicions
from smtp_nb.merge.templates.template import ADDRESS, Compiled, RenderedRow
from smtp_nb.model.address import Mailbox
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Recipient
from smtp_nb.model.outcome import Outcome


class RowValues(NamedTuple):
    """A planned row and the values of its columns."""

    planned: PlannedRow
    values: Row


class RowMessage(NamedTuple):
    """One row's message and its recipients, each mailbox once.

    Attributes:
        mail_from: where bounces go.
        token: what its Message-ID, its ENVID and its return path are made of.
    """

    content: Composed
    mail_from: Mailbox
    recipients: tuple[Recipient, ...]
    token: str = ""


@dataclass(frozen=True, slots=True)
class ComposedRow:
    """A row's message, and what it was made from."""

    letter: RenderedRow
    outgoing: RowMessage

    @property
    def content(self) -> Composed:
        """The message itself."""
        return self.outgoing.content

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Its recipients, each mailbox once."""
        return self.outgoing.recipients


class RowRenderer:
    """Renders and composes rows of a frame, and reads no column that the template leaves alone.

    Args:
        salt: what makes the Message-IDs of this campaign its own; without it nothing is meant to
            be sent, and the files of rows are not read.
        template: the template's own digest, for those of rows.
    """

    def __init__(self, rows: Rows, compiled: Compiled, salt: str = "", template: str = "") -> None:
        self._rows = rows
        self._compiled = compiled.knowing(rows)
        written = "".join(self._compiled.sources.values())
        self._may_be_plain = self._compiled.is_plain and ENCODED not in written
        self._composer = Composer()
        self._salt = salt
        self._template = template
        names = compiled.names
        self._columns = [name for name in rows.names if ROW in names or name in names]
        self._wants_address = ADDRESS in names and ADDRESS not in rows.names
        self._empty = {name: Empty(name=str(name)) for name in self._columns}

    @property
    def has_own_senders(self) -> bool:
        """True if each row says who sends it."""
        return self._compiled.has_own_senders

    def suspicions(self, named_already: Collection[str]) -> Iterator[Note]:
        """What is odd about the template, whatever the rows hold.

        Args:
            named_already: columns that addresses and keys are read from.
        """
        columns = [name for name in self._rows.names if str(name) not in named_already]
        named = self._compiled.names & {ROW, *map(str, self._rows.names)}
        return suspicions(self._compiled.sources, named, columns)

    def read(self, planned: Iterable[PlannedRow]) -> Iterator[RowValues]:
        """The planned rows with their values."""
        found = list(planned)
        rows = self._rows.read([p.row for p in found], self._columns, self._empty_cell)
        filled = map(RowValues._make, zip(found, rows, strict=True))
        return map(_with_address, filled) if self._wants_address else filled

    def differences(self, one: int, other: int, but: Collection[str]) -> list[str]:
        """The columns of the template in which two rows differ, without those in `but`."""
        names = [name for name in self._columns if str(name) not in but]
        first, second = self._rows.read([one, other], names)
        return [str(name) for name in names if not same(first[name], second[name])]

    def domains(self, filled: RowValues, outcomes: Mapping[str, str]) -> tuple[str, ...]:
        """The domains that a row's message goes to, each once, without making the message.

        Args:
            outcomes: what is known of its recipients: those who are decided get no copy.
        """
        copies: Iterable[Mailbox] = ()
        with suppress(InputError):  # composing will say so
            copies = self._compiled.copies(filled.values)
        boxes = [
            box
            for box in (*filled.planned.mailboxes, *copies)
            if outcomes.get(box.key, Outcome.NOT_SENT) in RETRIED
        ]
        return tuple({box.domain.lower(): None for box in boxes})

    def digest(self, filled: RowValues) -> str:
        """What tells whether this row would get another message; see `Digests`."""
        return self._digests.of(filled.values)

    def digest_of_all(self, planned: Iterable[PlannedRow]) -> str:
        """One digest for all rows: as long as it stays the same, so do those of the rows.

        Empty for groups, and where only each row can tell.
        """
        if isinstance(self._rows, GroupedRows):
            return ""
        columns = {name: self._rows.series(name) for name in self._columns}
        return self._digests.of_all((f"{one.row} {one.key}" for one in planned), columns)

    @cached_property
    def _digests(self) -> Digests:
        return Digests(self._compiled, self._template, self._salt)

    def odd(self, planned: Sequence[PlannedRow]) -> Iterator[RowValues]:
        """The rows whose messages may be worse than those of plain rows, with their values.

        They are found by the column, so that a plain row is not read at all.
        """
        if not self._may_be_plain:
            return self.read(planned)
        if isinstance(self._rows, GroupedRows):
            return (f for f in self.read(planned) if not all(map(is_plain, f.values.values())))
        return self.read(self._with_odd_cells(planned))

    def _with_odd_cells(self, planned: Sequence[PlannedRow]) -> Iterator[PlannedRow]:
        positions, done = [one.row for one in planned], 0
        for part, columns in self._rows.read_columns(positions, self._columns):
            rows = planned[done : done + len(part)]
            if self._wants_address:
                boxes = (one.mailbox for one in rows)
                columns.append([None if box is None else box.address for box in boxes])
            odd = {place for cells in columns for place in odd_cells(cells)}
            yield from (rows[place] for place in sorted(odd))
            done += len(part)

    def _empty_cell(self, name: Hashable) -> Empty:
        return self._empty[name] if name in self._empty else EmptyEntry(name=str(name))

    def compose(self, filled: RowValues, message_id: str = "") -> ComposedRow:
        """The message of one row, checked as far as that is possible without a server.

        Args:
            message_id: the one it had at an earlier attempt.

        Raises:
            InputError: it cannot be made; nothing was written.
        """
        planned, row = filled
        if planned.mailbox is None:
            raise RowError(planned.explanation)
        token = token_of(planned.key, self._salt)
        letter = self._compiled.letter(
            row, planned.mailboxes, message_id or token, bool(self._salt), token
        )
        content = self._composer.compose(letter.draft)
        return ComposedRow(letter, _enveloped(content, letter.draft.to, letter, token))

    def message(self, filled: RowValues, message_id: str = "") -> RowMessage:
        """The message of one row, the quick way if there is one; otherwise as `compose`.

        Raises:
            InputError: it cannot be made; nothing was written.
        """
        planned, row = filled
        if message_id or planned.mailbox is None or (form := self._form_letter) is None:
            return self.compose(filled, message_id).outgoing
        token = token_of(planned.key, self._salt)
        to = planned.mailboxes
        content = form.message(row, to, token)
        if content is None:
            return self.compose(filled).outgoing
        return _enveloped(content, to, form.letter, token)

    @cached_property
    def _form_letter(self) -> FormLetter | None:
        if not self._salt:
            return None
        columns = {*self._columns, *([ADDRESS] if self._wants_address else ())}
        return form_letter(self._compiled, columns, self._composer)


def _with_address(filled: RowValues) -> RowValues:
    """The row with the bare address of its recipient, which the template asks for."""
    if (box := filled.planned.mailbox) is not None:
        filled.values[ADDRESS] = box.address
    return filled


def _enveloped(content: Composed, to: Mailboxes, letter: RenderedRow, token: str) -> RowMessage:
    """A message with its envelope.

    Args:
        letter: has the sender and the copies.
    """
    cc, bcc = letter.draft.cc, letter.bcc
    mail_from = letter.return_path or letter.draft.authors[0]
    if len(to) == 1 and not cc and not bcc:
        return RowMessage(content, mail_from, (Recipient(to[0], RecipientType.TO),), token)
    kinds = (RecipientType.TO, to), (RecipientType.CC, cc), (RecipientType.BCC, bcc)
    first: dict[str, Recipient] = {}
    for kind, boxes in kinds:
        for box in boxes:
            first.setdefault(box.key, Recipient(box, kind))
    return RowMessage(content, mail_from, tuple(first.values()), token)
