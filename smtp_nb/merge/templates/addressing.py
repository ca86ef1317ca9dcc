"""Templates for addresses: from_, reply_to, cc and bcc.

The template decides how many addresses there are and which part of each a value is. A name with a
comma, an `@` or an angle bracket is still a name; it never becomes another address. Only a
template that is one expression and nothing else takes a whole list from a cell: text with commas,
semicolons or line ends between addresses, or a list with one address an entry.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import Part, Values, expression_alone
from smtp_nb.merge.templates.placeholders import SLOTS, Placed, Placeholders
from smtp_nb.merge.templates.sandboxed import Environments, standard
from smtp_nb.model.address import (
    Mailbox,
    parse_addresses,
    parse_mailbox,
    refuse_controls,
    split_addresses,
    trimmed,
)

Mailboxes = tuple[Mailbox, ...]

REMOVED = "invisible characters at the ends of the address were removed", "Clean the column"

# Stands for an address while the name in front of it is read.
_PLACE = "address@example.invalid"


def is_unclean(text: object) -> bool:
    """True if more than blanks is invisible at the ends of a cell."""
    return isinstance(text, str) and trimmed(text) != text.strip(" ")


class AddressPart:
    """A template of addresses, compiled.

    Raises:
        InputError: its syntax is wrong, or it is constant and no list of addresses.
    """

    def __init__(self, what: str, source: str, environments: Environments | None = None) -> None:
        self.what = what
        made = environments or standard()
        self._part = Part(what, source, made.slots, is_quiet=True)
        self._alone = expression_alone(what, source, made.text)
        self.names = self._part.names
        self._constant: Mailboxes | None = None
        if self._part.constant is not None:
            self._constant = tuple(parse_addresses(self._part.constant))

    @property
    def constant(self) -> Mailboxes | None:
        """The mailboxes, if they are the same in every row."""
        return self._constant

    def render(self, values: Values) -> Mailboxes:
        """The mailboxes of one row.

        Raises:
            RowError: a value makes no address of its place.
        """
        if self._constant is not None:
            return self._constant
        found = self._alone.value(values) if self._alone else None
        if isinstance(found, list | tuple):
            return self._entries(found)
        slots = Placeholders()
        marked = self._part.render({**values, SLOTS: slots})
        try:
            return tuple(
                box for entry in split_addresses(marked) for box in _mailboxes(entry, slots)
            )
        except InputError as error:
            text = slots.fill(error.description)
            raise RowError(text, column=self.what, remedy=error.remedy) from error

    def _entries(self, found: Iterable[object]) -> Mailboxes:
        """One mailbox an entry, so that a comma in a name needs no quotes."""
        try:
            return tuple(parse_mailbox(trimmed(str(entry))) for entry in found)
        except InputError as error:
            raise RowError(error.description, column=self.what, remedy=error.remedy) from error


def _mailboxes(entry: str, slots: Placeholders) -> list[Mailbox]:
    match slots.pieces(entry):
        case [str()]:
            return [parse_mailbox(entry)]
        case ["", Placed(), ""]:
            return parse_addresses(trimmed(slots.fill(entry)))
        case [*_, str(before), Placed() as address, ">"] if before.endswith("<"):
            shape = parse_mailbox(f"{entry[: entry.rindex('<')]}<{_PLACE}>")
            box = parse_mailbox(trimmed(slots.join([address])))
        case _:
            shape = parse_mailbox(entry)
            box = parse_mailbox(f"{slots.fill(shape.local)}@{slots.fill(shape.domain)}")
    name = slots.fill(shape.name) or box.name
    refuse_controls(name, "the name in an address")
    return [Mailbox(box.local, box.domain, name)]
