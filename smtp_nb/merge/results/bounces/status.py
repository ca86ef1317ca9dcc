"""Delivery status notifications (RFC 3464), with addresses beyond ASCII (RFC 6533)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from smtp_nb.merge.results.bounces.report import (
    ACTIONS,
    FAILED,
    MAX_RECIPIENTS,
    Statement,
    code_of,
    unique,
    words,
)
from smtp_nb.sandbox.messages.parts import ParsedPart, read_header

TYPES = ("message/delivery-status", "message/global-delivery-status")
MAX_STATUS = 256 * 1024
"""Bytes of a status part that are read."""

_BLOCK = re.compile(rb"[^\r\n][^\n]*+\n?(?:[^\r\n][^\n]*+\n?)*+")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
# Where Status is left out (RFC 3464 section 2.3.4 requires it), and the reverse.
_ACTION_OF = {"2": "delivered", "4": FAILED, "5": FAILED}


def read_status(part: ParsedPart) -> Iterator[Statement]:
    """What a status part says of each recipient."""
    for fields in _blocks(part):
        addresses = unique(
            address_of(fields.get(name)) for name in ("Final-Recipient", "Original-Recipient")
        )
        status, action = fields.get("Status").strip(), fields.get("Action").strip().lower()
        if not (addresses and (status or action)) and not action:
            continue  # it is about the message as a whole
        text = fields.get("Diagnostic-Code").partition(";")[2] or fields.get("Diagnostic-Code")
        action = action if action in ACTIONS else _ACTION_OF.get(status[:1], FAILED)
        yield Statement(addresses, action, code_of(status, text), words(text))


def envelope_ids(part: ParsedPart) -> Iterator[str]:
    """ENVID, as the sender gave it."""
    for fields in _blocks(part):
        yield xtext(fields.get("Original-Envelope-Id").strip())


def _blocks(part: ParsedPart) -> Iterator[ParsedPart]:
    octets = part.octets(MAX_STATUS)
    for block in islice(_BLOCK.finditer(octets), MAX_RECIPIENTS):
        yield read_header(block[0])


def address_of(field: str) -> str:
    """The address of a field of the form `rfc822; ann@example.org` or `utf-8; …`."""
    kind, semicolon, text = field.partition(";")
    address = (text if semicolon else kind).strip().removeprefix("<").removesuffix(">")
    if kind.strip().lower() == "utf-8":
        address = _UNICODE.sub(lambda found: _letter(int(found[1], 16)), address)
    return words(address)


def _letter(number: int) -> str:
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def xtext(value: str) -> str:
    """What xtext stands for (RFC 3461 section 4)."""
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), value)
