"""Parser for address fields (RFC 5322 section 3.4): groups, names, comments, encoded words.

As strict as `model.address` about every mailbox, plus what a header may hold and a property need
not: groups, comments beside a mailbox (`bob@x.test (Bob)`), and folding. Whatever could be read in
two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smtp_nb.compose.fields import quoted
from smtp_nb.errors import AddressError
from smtp_nb.model.address import Mailbox, parse_mailbox, refuse_controls
from smtp_nb.model.encoded import is_encoded

_FOLD = re.compile(r"\r?\n(?=[ \t])")
# Quoted strings and angle brackets are one token each; one that is never closed reaches to the end.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|<(?:[^<>"]|"(?:[^"\\]|\\.)*+"?)*+>?|[,;:]| ++|[^"<,;:()\\ ]++', re.DOTALL
)
_IN_COMMENT = re.compile(r"\\.?|[()]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class AddressGroup:
    """A named group of mailboxes, or the mailboxes outside any group.

    Attributes:
        name: the group's display name; None for none.
        boxes: its members; a named group may have none.
    """

    name: str | None
    boxes: tuple[Mailbox, ...]


@dataclass(frozen=True, slots=True)
class AddressList:
    """The value of an address field.

    Attributes:
        groups: in order.
        is_strict: False if it uses syntax that RFC 5322 does not have, such as semicolons between
            mailboxes, so that other readers may see other mailboxes.
    """

    groups: tuple[AddressGroup, ...]
    is_strict: bool = True

    @property
    def boxes(self) -> tuple[Mailbox, ...]:
        """All mailboxes, including those in groups."""
        return tuple(box for group in self.groups for box in group.boxes)


def parse_address_list(text: str) -> AddressList:
    """Read the value of an address field, folded or not.

    Raises:
        AddressError, InjectionError: a mailbox or group that RFC 5322 does not allow, or that could
            be read as a different one. Nothing was written.
    """
    value = _FOLD.sub("", text).replace("\t", " ")
    refuse_controls(value, "the address list")
    return _AddressReader(value).read()


class _AddressReader:
    """Reads one value, token by token."""

    def __init__(self, value: str) -> None:
        self._value = value
        self._groups: list[AddressGroup] = []
        self._boxes: list[Mailbox] = []
        self._name: str | None = None
        self._is_strict = True
        self._is_after_group = False

    def read(self) -> AddressList:
        entry, comment = "", ""
        for token in self._tokens():
            if token in (",", ";", ":"):
                self._end_entry(token, entry.strip(" "), comment)
                entry = comment = ""
            elif not token.startswith("("):
                if comment and entry.strip(" ") and not token.startswith(("<", " ")):
                    raise self._wrong("has a comment inside a mailbox")
                entry += token
            else:
                comment = comment or token[1:-1].strip(" ")
        self._end_entry("", entry.strip(" "), comment)
        return AddressList(tuple(self._groups), self._is_strict)

    def _end_entry(self, mark: str, entry: str, comment: str) -> None:
        if mark == ":":
            self._begin_group(entry)
            return
        if entry:
            # Only a comma separates a group from what follows it.
            self._is_strict &= not self._is_after_group
            self._boxes.append(_mailbox(entry, comment))
        elif not self._is_after_group and (self._name is None or self._boxes):
            self._is_strict = False
        self._is_after_group = False
        if mark == ";" and self._name is None:
            self._is_strict = False
        elif mark != ",":
            self._end_group(mark)

    def _begin_group(self, name: str) -> None:
        if self._name is not None or not name or name.endswith(">"):
            raise self._wrong("has a colon outside a group")
        self._end_group("")
        # A group's name follows the rules of a mailbox's.
        self._name = parse_mailbox(f"{name} <group@name.invalid>").name

    def _end_group(self, mark: str) -> None:
        if self._name is not None and mark != ";":
            raise self._wrong(f"has no semicolon at the end of the group {self._name[:40]!r}")
        if self._boxes or self._name is not None:
            self._groups.append(AddressGroup(self._name, tuple(self._boxes)))
        self._is_after_group = self._name is not None
        self._boxes, self._name = [], None

    def _tokens(self) -> Iterator[str]:
        """The tokens, each comment whole."""
        at, end = 0, len(self._value)
        while at < end:
            if self._value[at] == "(":
                stop = self._end_of_comment(at)
            elif found := _TOKEN.match(self._value, at):
                stop = found.end()
            else:
                raise self._wrong(f"holds a stray {self._value[at]!r}")
            yield self._value[at:stop]
            at = stop

    def _end_of_comment(self, start: int) -> int:
        depth = 0
        for found in _IN_COMMENT.finditer(self._value, start):
            depth += {"(": 1, ")": -1}.get(found.group(), 0)
            if not depth:
                return found.end()
        raise self._wrong("has a comment that is not closed")

    def _wrong(self, what: str) -> AddressError:
        return AddressError(
            f"the address list {self._value[:80]!r} {what}",
            remedy='Put a name with special characters in quotes: "Surname, Name" <name@x.org>',
        )


def _mailbox(entry: str, comment: str) -> Mailbox:
    box = parse_mailbox(entry)
    if not comment or box.name or entry.endswith(">"):
        return box
    # The RFC 822 form that cron and old mailers write: bob@x.test (Bob).
    name = comment if is_encoded(comment) else quoted(_ESCAPED.sub(r"\1", comment))
    return parse_mailbox(f"{name} <{entry}>")
