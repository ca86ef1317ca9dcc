"""What a report says: of whom, what became of the message, and by what it may be joined to a row.

Reports come from strangers. Everything here is text of a bounded length without controls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from smtp_nb.errors import InputError
from smtp_nb.merge.journal.schema import COMPLAINT, HARD, SOFT
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.display import visible

MAX_RECIPIENTS = 200
"""Recipients of one report that are read."""
MAX_TEXT = 500
"""Characters kept of what it says of one."""
MAX_CLUES = 50
"""Addresses and identifiers of one kind that are looked at."""

# RFC 3464 section 2.3.3, and what a recipient does who presses "this is spam" (RFC 5965).
FAILED = "failed"
ACTIONS = (FAILED, "delayed", "delivered", "relayed", "expanded", COMPLAINT)

_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)", re.ASCII)
_REPLY = re.compile(r"(?<![\d.])([45])\d\d(?=[ \-#])", re.ASCII)
_FOR_NOW = re.compile(
    r"time(?:d )?-?out|retry|temporar|quota|mailbox (?:is )?full|expired|too long|greylist"
    r"|try again",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a report says of one recipient.

    Attributes:
        addresses: those that it gives the recipient, the final one first; may be empty.
        action: one of `ACTIONS`.
        code: the enhanced status code; empty if there is none.
        text: the words of the server that reports.
    """

    addresses: tuple[str, ...]
    action: str
    code: str = ""
    text: str = ""

    @property
    def bounce(self) -> str:
        """ "hard", "soft" or "complaint"; empty for what is no bounce."""
        if self.action != FAILED:
            return COMPLAINT if self.action == COMPLAINT else ""
        return HARD if _digit(self.code, self.text) == "5" else SOFT


@dataclass(frozen=True, slots=True)
class Clues:
    """By what a report may be joined to a message, in the order in which it is believed.

    Attributes:
        locals: local parts of addresses that may be return paths (VERP).
        envelope_ids: ENVID as it was given.
        message_ids: of the message that is reported on, with angle brackets.
    """

    locals: tuple[str, ...] = ()
    envelope_ids: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One message that was read as a report.

    Attributes:
        statements: none if it is no report.
        remark: why it says nothing; empty if it says something.
    """

    statements: tuple[Statement, ...] = ()
    clues: Clues = Clues()
    remark: str = ""


def _digit(code: str, text: str) -> str:
    """The class of a failure: by its code, else by the reply it quotes, else by its words."""
    if code:
        return code[0]
    if found := _REPLY.search(text):
        return found[1]
    return "4" if _FOR_NOW.search(text) else "5"


def code_in(text: str) -> str:
    """The first enhanced status code of a failure that stands in a text."""
    return next((code for code in _ENHANCED.findall(text) if code[0] != "2"), "")


def code_of(status: str, text: str) -> str:
    """The code of a status field, made precise by the server's words where it says x.0.0."""
    found = _ENHANCED.search(status)
    code, said = found[1] if found else "", code_in(text)
    is_vague = code.endswith(".0.0") and said[:1] == code[:1]
    return said if is_vague or not code else code


def words(text: str) -> str:
    """Text of a stranger as one bounded line."""
    return visible(_BLANKS.sub(" ", text[: 4 * MAX_TEXT]).strip()[:MAX_TEXT])


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values in their order, each once, a bounded number of them."""
    return tuple(islice(dict.fromkeys(filter(None, values)), MAX_CLUES))


def address_key(text: str) -> str:
    """An address for comparisons; the text itself in small letters if it is none."""
    try:
        return parse_mailbox(text).key
    except InputError:
        return text.lower()
