"""Header fields: one function for each kind, and the law for all (RFC 5322 section 2.2).

Values come in decoded. What goes out is ASCII, folded, and ends in CRLF; only an address field with
a non-ASCII local part goes out as raw UTF-8 (RFC 6532), because it cannot be encoded.
A value with a control character never gets past this file, and `check_head` checks the bytes
themselves again, so that a mistake in here cannot become an injected header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from smtp_nb.compose.encoded_words import MAX_WORD, check_charset, encoded_words, looks_encoded
from smtp_nb.errors import AddressError, InjectionError, InputError
from smtp_nb.model.address import Mailbox, refuse_controls

MAX_LINE = 998  # RFC 5322 section 2.1.1
MAX_NAME = 76
MAX_SHOWN_NAME = 60
WORD_LINE = 76  # RFC 2047 section 2: a line with an encoded word in it
_FIELD_NAME = re.compile(r"[!-9;-~]+\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_SPECIAL = re.compile(r'(["\\])')
_ADDRESS = re.compile(r'(?:[^ "(),:;<>@\[\\\]]+|"(?:[^"\\]|\\.)*+")@[A-Za-z0-9.:\[\]-]+\Z')
_HEAD = re.compile(
    rb"(?:[!-9;-~]+:[\t -~\x80-\xff]*\r\n"
    rb"(?:[\t ]+[!-~\x80-\xff][\t -~\x80-\xff]*\r\n)*+)++\Z"
)


@dataclass(frozen=True, slots=True)
class HeaderStyle:
    """How headers are written: the settings Charset, FoldHeaders and MaxHeaderLength."""

    charset: str = "utf-8"
    fold: bool = True
    max_length: int = 78

    def __post_init__(self) -> None:
        object.__setattr__(self, "charset", check_charset(self.charset))
        if not 40 <= self.max_length <= MAX_LINE:
            raise InputError(
                f"a header line of {self.max_length} bytes is not possible",
                remedy=f"Set a length from 40 to {MAX_LINE}; 78 is usual",
            )


def check_name(name: str) -> None:
    """Raise unless `name` is a valid header name (RFC 5322 section 3.6.8)."""
    refuse_controls(name, "the header's name")
    if not _FIELD_NAME.match(name) or len(name) > MAX_NAME:
        raise InputError(
            f"{name[:80]!r} is not a header name",
            remedy=f"Use up to {MAX_NAME} letters, digits and hyphens, without the colon",
        )


def unstructured(name: str, value: str, style: HeaderStyle) -> str:
    """Return a field of free text, such as Subject."""
    refuse_controls(value, f"the header {name}")
    if value.isascii() and not looks_encoded(value):
        if len(name) + 2 + len(value) <= style.max_length:
            return f"{name}: {value}\r\n"
        tokens = value.split(" ")
        if max(map(len, tokens)) < MAX_LINE - MAX_NAME - 2:
            return fold(name, tokens, style)
    what = f"the header {name}"
    return fold(name, encoded_words(value, style.charset, what, _room(name, style)), style)


def structured(name: str, value: str, style: HeaderStyle) -> str:
    """Return a field of tokens that cannot be encoded, such as References or List-Unsubscribe."""
    refuse_controls(value, f"the header {name}")
    if not value.isascii():
        raise InputError(f"the header {name} holds a non-ASCII character", remedy="Use ASCII only")
    return fold(name, value.split(" "), style)


class Addresses(Protocol):
    """What `address_list` writes: a named group, or mailboxes outside any group."""

    @property
    def name(self) -> str | None: ...

    @property
    def boxes(self) -> Sequence[Mailbox]: ...


def addresses(name: str, boxes: Sequence[Mailbox], style: HeaderStyle) -> str:
    """Return a field of mailboxes, such as To. A non-ASCII local part makes it raw UTF-8."""
    raw = not all(map(str.isascii, [box.local for box in boxes]))
    return fold(name, _boxes(boxes, name, style, _room(name, style), raw), style)


def address_list(name: str, groups: Sequence[Addresses], style: HeaderStyle) -> str:
    """Return a field of mailboxes and groups of them (RFC 5322 section 3.4)."""
    raw = not all(box.local.isascii() for group in groups for box in group.boxes)
    tokens: list[str] = []
    for group in groups:
        room = MAX_WORD if tokens else _room(name, style)
        if tokens:
            tokens[-1] += ","
        if group.name is None:
            tokens += _boxes(group.boxes, name, style, room, raw)
            continue
        tokens += phrase(group.name, name, style, room, raw)
        # RFC 2047 section 5 (3): an encoded word is separated from a special.
        tokens[-1:] = [tokens[-1], ":"] if tokens[-1].startswith("=?") else [f"{tokens[-1]}:"]
        tokens += _boxes(group.boxes, name, style, MAX_WORD, raw, is_group=True)
        tokens[-1] += ";"
    return fold(name, tokens, style)


def _boxes(
    boxes: Sequence[Mailbox],
    name: str,
    style: HeaderStyle,
    first: int,
    raw: bool,
    is_group: bool = False,
) -> list[str]:
    """Mailboxes as tokens, a comma after each but the last."""
    tokens: list[str] = []
    for box in boxes:
        address = box.address
        _check_address(address, name)
        if box.name:
            # postal-mime 4 ends a group at a semicolon in quotes; in an encoded word there is none.
            word = MAX_WORD if tokens else first
            hides = is_group and ";" in box.name and not raw
            tokens += phrase(box.name, name, style, word, raw, hides=hides)
            address = f"<{address}>"
        tokens.append(f"{address},")
    if tokens:
        tokens[-1] = tokens[-1][:-1]
    return tokens


def _check_address(address: str, field: str) -> None:
    """Raise if a mailbox that did not come from the parser would be read as a different one, or as
    two.
    """
    refuse_controls(address, f"an address in {field}")
    if _ADDRESS.match(address) is None:
        raise AddressError(f"{address!r} in {field} is not an address", remedy="Use parse_mailbox")


def _room(name: str, style: HeaderStyle) -> int:
    """Bytes for an encoded word after the field's name."""
    return min(style.max_length, WORD_LINE) - len(name) - 2


def phrase(
    text: str, field: str, style: HeaderStyle, first: int, raw: bool, *, hides: bool = False
) -> list[str]:
    """Return a display name as the tokens of a phrase (RFC 5322 section 3.2.5).

    Args:
        first: bytes that an encoded word may take on the first line.
        raw: the field is raw UTF-8, so nothing is encoded.
        hides: encode ASCII too.
    """
    refuse_controls(text, f"a name in {field}")
    if raw or (text.isascii() and not looks_encoded(text) and not hides):
        shown = text if _ATOMS.match(text) and not looks_encoded(text) else quoted(text)
        # Folded at its spaces, those in quotes too: a reader removes only the line ends.
        tokens = [shown] if len(shown) <= MAX_SHOWN_NAME else shown.split(" ")
        if raw or max(map(len, tokens)) <= MAX_WORD:
            return tokens
    return encoded_words(text, style.charset, f"a name in {field}", first)


def quoted(text: str) -> str:
    """Return a quoted-string (RFC 5322 section 3.2.4)."""
    return '"' + _SPECIAL.sub(r"\\\1", text) + '"'


def fold(name: str, tokens: Sequence[str], style: HeaderStyle) -> str:
    """Return the field, with a line break before every token that no longer fits on its line.

    Raises:
        InputError: a line is longer than 998 bytes, folded or not.
    """
    line = f"{name}: {' '.join(tokens)}"
    if len(line) > min(style.max_length, WORD_LINE) or not line.isascii():
        lines = _lines(name, tokens, style) if style.fold else [line]
        _check_lengths(name, lines)
        line = "\r\n".join(lines)
    return f"{line}\r\n"


def _lines(name: str, tokens: Sequence[str], style: HeaderStyle) -> list[str]:
    lines: list[str] = []
    line, length = f"{name}:", len(name) + 1
    for token in tokens:
        octets = len(token) if token.isascii() else len(token.encode())
        is_word = token.startswith("=?")
        limit = min(style.max_length, WORD_LINE) if is_word else style.max_length
        # A line of blanks only would end the header for some readers, and a name without
        # a value on its line upsets others: only an encoded word may start below its name.
        may_break = token and (lines or is_word or length > len(name) + 1)
        if length + 1 + octets > limit and may_break:
            lines.append(line)
            line, length = f" {token}", octets + 1
        else:
            line, length = f"{line} {token}", length + octets + 1
    return [*lines, line]


def _check_lengths(name: str, lines: Sequence[str]) -> None:
    longest = max(len(line.encode()) for line in lines)
    if longest > MAX_LINE:
        raise InputError(
            f"the header {name} has a line of {longest} bytes; {MAX_LINE} is the limit"
            " (RFC 5322 section 2.1.1)",
            remedy="Shorten it, put spaces into it, or turn FoldHeaders on",
        )


def check_head(head: bytes, count: int) -> None:
    """Check header bytes as the server will: `count` fields, and nothing else.

    Raises:
        InjectionError: there are more or fewer, or a line is not a field, or holds a control
            character.
    """
    folds = head.count(b"\r\n ") + head.count(b"\r\n\t")
    if _HEAD.match(head) is None or head.count(b"\r\n") - folds != count:
        raise InjectionError(
            "the composed header does not have the expected fields",
            remedy="Please report this bug: a value passed its check",
        )
