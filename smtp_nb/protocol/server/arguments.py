"""Arguments of MAIL, RCPT and BDAT: paths and parameters, as a server reads them.

Parameters are a table: which extension allows them, and what their value looks like. A value in
xtext (RFC 3461 section 4) is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from smtp_nb.errors import InputError
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server import replies
from smtp_nb.protocol.server.replies import Refused

_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})"
_NOTIFY = r"(?:SUCCESS|FAILURE|DELAY)"


class Parameter(NamedTuple):
    """One parameter of MAIL or RCPT.

    Attributes:
        extension: the EHLO keyword that allows it.
        value: the grammar of its value; empty: it has none.
        is_xtext: True if the value is decoded.
    """

    extension: str
    value: str
    is_xtext: bool = False


@dataclass(frozen=True, slots=True)
class PathSyntax:
    """How a command names a path: its keyword, its parameters, and the reply to a bad address."""

    keyword: str
    bad_address: Reply
    parameters: dict[str, Parameter]


MAIL = PathSyntax(
    "FROM",
    replies.BAD_SENDER,
    {
        "SIZE": Parameter("SIZE", r"[0-9]{1,20}"),
        "BODY": Parameter("8BITMIME", "7BIT|8BITMIME|BINARYMIME"),
        "SMTPUTF8": Parameter("SMTPUTF8", ""),
        "RET": Parameter("DSN", "FULL|HDRS"),
        "ENVID": Parameter("DSN", f"{_XTEXT}{{1,100}}", is_xtext=True),
        "AUTH": Parameter("AUTH", f"{_XTEXT}{{1,500}}", is_xtext=True),
    },
)
RCPT = PathSyntax(
    "TO",
    replies.BAD_RECIPIENT,
    {
        "NOTIFY": Parameter("DSN", f"NEVER|{_NOTIFY}(?:,{_NOTIFY}){{0,2}}"),
        # RFC 6533 section 3: utf-8 addresses are allowed there as they are.
        "ORCPT": Parameter("DSN", rf"[A-Z0-9-]{{1,64}};(?:{_XTEXT}|[^\0-\x7f]){{1,500}}", True),
    },
)
PARAMETERS = MAIL.parameters | RCPT.parameters
# Without re.ASCII, the long s is an S and the Kelvin sign a K.
_FLAGS = re.IGNORECASE | re.ASCII
_VALUES = {name: re.compile(p.value, _FLAGS) for name, p in PARAMETERS.items()}

# A quoted local part may hold blanks and brackets; nothing else may.
_PATH = re.compile(r'([A-Za-z]+):<((?:"(?:[^"\\]|\\.)*"|[^"<>\s])*)>(?: +(.+))?\Z')
_CHUNK = re.compile(r"([0-9]{1,20})( +LAST)?\Z", _FLAGS)


class Path(NamedTuple):
    """An address with its parameters, names in capitals."""

    address: str
    parameters: dict[str, str]


def read_path(argument: str, syntax: PathSyntax, extensions: Collection[str]) -> Path:
    """Read `FROM:<address> NAME=value …` (RFC 5321 section 4.1.2).

    Args:
        extensions: what the session may use.

    Raises:
        Refused: the grammar does not allow it; its reply says why.
    """
    match = _PATH.match(argument)
    if match is None or match[1].upper() != syntax.keyword:
        raise Refused(replies.bad_path(syntax.keyword, argument))
    _check_address(match[2], syntax)
    found = _read_parameters(match[3], syntax, extensions) if match[3] else {}
    return Path(match[2], found)


def _check_address(address: str, syntax: PathSyntax) -> None:
    # RFC 5321 sections 4.5.5 and 4.5.1: the null path to MAIL, a bare postmaster to RCPT.
    if address == "" if syntax is MAIL else address.lower() == "postmaster":
        return
    try:
        parse_mailbox(address)
    except InputError:
        # `@relay:user@host` is a source route (RFC 5321 section 4.1.1.3), not two addresses.
        if address.count("@") > 1 and not address.startswith("@"):
            raise Refused(replies.bad_path(syntax.keyword, f":{address}")) from None
        raise Refused(syntax.bad_address) from None


def _read_parameters(text: str, syntax: PathSyntax, extensions: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in text.split():
        if word.startswith("<") and "@" in word:
            raise Refused(replies.bad_path(syntax.keyword, f":@{word}"))
        given, equals, value = word.partition("=")
        name = given.upper()  # which makes an S of the long s
        rule = syntax.parameters.get(name) if given.isascii() else None
        if rule is None or rule.extension not in extensions:
            raise Refused(replies.unknown_parameter(name[:32]))
        if name in found or bool(equals) != bool(rule.value) or not _VALUES[name].fullmatch(value):
            raise Refused(replies.bad_parameter(name))
        if name == "BODY" and value.upper() == "BINARYMIME" and "BINARYMIME" not in extensions:
            raise Refused(replies.bad_parameter(name))
        found[name] = _decoded(name, value) if rule.is_xtext else value
    return found


def _decoded(name: str, value: str) -> str:
    """Return the text of an xtext, which is printable ASCII (RFC 3461 section 4.4)."""
    text = re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), value)
    if re.search(r"[\0-\x1f\x7f-\x9f]", text):
        raise Refused(replies.bad_parameter(name))
    return text


@dataclass(slots=True)
class Chunk:
    """What BDAT announces (RFC 3030 section 2).

    Attributes:
        left: bytes still to come.
        refusal: the reply once they have arrived, if the chunk is out of order.
    """

    size: int
    is_last: bool
    left: int
    refusal: Reply | None = None


def read_chunk(argument: str) -> Chunk:
    """Read `count [LAST]`.

    Raises:
        Refused: with a reply that ends the session, because the end of the bytes is unknown.
    """
    match = _CHUNK.match(argument)
    if match is None:
        raise Refused(replies.BAD_CHUNK)
    size = int(match[1])
    return Chunk(size, match[2] is not None, size)
