"""Kinds of header fields: one table of what each field may hold and how it is written.

It serves every way in: properties, fields given by name, fields written out, given messages. The
law behind it is RFC 2047 section 5: an encoded word is allowed in free text and in the phrase
before an address or an id, and never around an address, an id, a URI or a token, because its reader
would no longer find it. What is not listed is free text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto

from smtp_nb.compose.address_list import AddressList, parse_address_list
from smtp_nb.compose.encoded_words import MAX_WORD
from smtp_nb.compose.fields import HeaderStyle, address_list, fold, phrase, structured, unstructured
from smtp_nb.errors import InputError
from smtp_nb.model.address import refuse_controls
from smtp_nb.model.encoded import decode_words, is_encoded


class FieldKind(Enum):
    """What a field holds."""

    ADDRESSES = auto()
    PHRASE_ID = auto()
    IDS = auto()
    URIS = auto()
    TOKENS = auto()
    SIGNATURE = auto()
    TEXT = auto()


_NAMES = {
    FieldKind.ADDRESSES: (
        "from sender reply-to to cc bcc resent-from resent-sender resent-to resent-cc resent-bcc"
        " resent-reply-to disposition-notification-to return-receipt-to errors-to"
        " mail-followup-to mail-reply-to x-confirm-reading-to apparently-to abuse-reports-to"
    ),
    FieldKind.PHRASE_ID: "list-id",
    FieldKind.IDS: (
        "message-id resent-message-id content-id references in-reply-to supersedes"
        " original-message-id"
    ),
    FieldKind.URIS: (
        "list-unsubscribe list-help list-post list-subscribe list-owner list-archive archived-at"
    ),
    FieldKind.TOKENS: (
        "date resent-date mime-version content-transfer-encoding content-language return-path"
        " received auto-submitted precedence importance priority sensitivity x-priority"
        " x-auto-response-suppress list-unsubscribe-post authentication-results received-spf"
        " deferred-delivery expires reply-by tls-required"
    ),
    FieldKind.SIGNATURE: (
        "dkim-signature domainkey-signature arc-seal arc-message-signature"
        " arc-authentication-results autocrypt autocrypt-gossip x-google-dkim-signature"
    ),
}
KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_PHRASE_ID = re.compile(r"(.*?)[ \t]*(<[!-;=?-~]+>)[ \t]*\Z", re.DOTALL)
_BASE64 = re.compile(r"(?:[A-Za-z][A-Za-z0-9_]*=)?[A-Za-z0-9+/]{60,}={0,2};?\Z")
_PIECE = 70
MAX_TOKEN = 400  # of base64, before it is cut into pieces
_Write = Callable[[str, str, HeaderStyle], str]


def kind_of(name: str) -> FieldKind:
    """Return the kind of the field of that name, in any case."""
    return KINDS.get(name.lower(), FieldKind.TEXT)


def write_field(name: str, value: str, style: HeaderStyle) -> str:
    """Return a field with its decoded value, written as its kind requires; the name keeps its case.

    Args:
        value: header syntax for fields of addresses, else plain text. On one line.

    Raises:
        InputError: the field cannot hold the value; the text names the field.
        InjectionError: the value holds a control character.
    """
    return _WRITERS[kind_of(name)](name, value, style)


def read_addresses(name: str, value: str) -> AddressList:
    """Return the mailboxes of a field, with errors that name it.

    Raises:
        AddressError, InjectionError: as `parse_address_list`.
    """
    try:
        return parse_address_list(value)
    except InputError as error:
        raise type(error)(
            f"the header {name}: {error.description}", code=error.code, remedy=error.remedy
        ) from error


def encoded_already(value: str) -> str:
    """Return what a reader would see if a text were sent as the encoded words that it holds.

    Free text is written as given, so that a reader sees `=?utf-8?…?=` where it was encoded
    beforehand. Returns the text as it was probably meant; empty if nothing is encoded.
    """
    try:
        return decode_words(value) if is_encoded(value) else ""
    except ValueError:
        return ""


def _addresses(name: str, value: str, style: HeaderStyle) -> str:
    return address_list(name, read_addresses(name, value).groups, style)


def _phrase_id(name: str, value: str, style: HeaderStyle) -> str:
    """A phrase, then an id in angle brackets (RFC 2919 section 2)."""
    refuse_controls(value, f"the header {name}")
    found = _PHRASE_ID.match(value)
    if found is None:
        raise InputError(
            f"the header {name} has no id in angle brackets, or a non-ASCII one",
            remedy="Write it as: Name of the list <list.example.org>",
        )
    text, identifier = found.groups()
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    words = phrase(text, name, style, MAX_WORD - len(name), raw=False) if text else []
    return fold(name, [*words, identifier], style)


def _ascii(remedy: str) -> _Write:
    """Return a writer of what cannot be encoded at all; `remedy` is for non-ASCII text."""

    def write(name: str, value: str, style: HeaderStyle) -> str:
        refuse_controls(value, f"the header {name}")
        if not value.isascii():
            raise InputError(
                f"the header {name} holds {next(c for c in value if not c.isascii())!a}, which is"
                " not ASCII and cannot be encoded there (RFC 2047 section 5)",
                remedy=remedy,
            )
        return structured(name, value, style)

    return write


def _signature(name: str, value: str, style: HeaderStyle) -> str:
    """Tags whose base64 may be folded anywhere (RFC 6376 section 3.2)."""
    tokens = value.split(" ")
    pieces = [
        token[at : at + _PIECE]
        for token in tokens
        for at in range(0, len(token) if _BASE64.match(token) else 1, _PIECE)
    ]
    longest = max(map(len, tokens))
    return _TOKEN_WRITER(name, " ".join(pieces) if longest > MAX_TOKEN else value, style)


_TOKEN_WRITER = _ascii("Use ASCII only")
_WRITERS: dict[FieldKind, _Write] = {
    FieldKind.ADDRESSES: _addresses,
    FieldKind.PHRASE_ID: _phrase_id,
    FieldKind.IDS: _ascii("Ids are ASCII only: copy them as they are in the other message"),
    FieldKind.URIS: _ascii(
        "Percent-encode it, such as %C3%BC for ü, and write domains in A-labels"
    ),
    FieldKind.TOKENS: _TOKEN_WRITER,
    FieldKind.SIGNATURE: _signature,
    FieldKind.TEXT: unstructured,
}
