"""Resent fields (RFC 5322 section 3.6.6): the envelope of a message that is sent on.

Each time a message is resent, a block of Resent fields is put in front of it. The first is the
latest, and it alone names the current sender and recipients. In a message object the blocks may be
anywhere, so two of them need dates that say which is the latest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from smtp_nb.compose.given.message_fields import WireField
from smtp_nb.errors import InputError

_PREFIX = "resent-"


def latest_block(fields: Sequence[WireField]) -> list[WireField]:
    """Return the Resent fields that count; empty if the message was never resent.

    Raises:
        InputError: there are several blocks, and the latest cannot be determined.
    """
    blocks = _blocks(fields)
    if not blocks:
        return []
    dates = [_date(block) for block in blocks]
    later = [date for date in dates[1:] if not (date and dates[0] and dates[0] >= date)]
    if later or (len(blocks) > 1 and not all(dates)):
        raise InputError(
            f"the message has {len(blocks)} blocks of Resent fields that contradict each other"
            " (RFC 5322 section 3.6.6)",
            remedy="Remove the older ones, or put the latest in front, each with a Resent-Date",
        )
    return blocks[0]


def _blocks(fields: Sequence[WireField]) -> list[list[WireField]]:
    """Return the Resent fields; a block ends where a name is repeated after other fields.

    Raises:
        InputError: one is repeated within a run of Resent fields, so that its block is unclear.
    """
    blocks: list[list[WireField]] = []
    is_apart = False
    for field in fields:
        if not field.name.lower().startswith(_PREFIX):
            is_apart = True
        elif not blocks:
            blocks.append([field])
            is_apart = False
        elif not _named(blocks[-1], field.name.lower()):
            blocks[-1].append(field)
        elif is_apart or _is_whole(blocks[-1]):
            blocks.append([field])
            is_apart = False
        else:
            raise InputError(
                f"the message has two fields {field.name} in one block (RFC 5322 section 3.6.6)",
                remedy="Keep the one that names the current sender",
            )
    return blocks


def _is_whole(block: Sequence[WireField]) -> bool:
    names = {field.name.lower() for field in block}
    return {"resent-date", "resent-from", "resent-to"} <= names


def _named(block: Sequence[WireField], name: str) -> bool:
    return any(field.name.lower() == name for field in block)


def _date(block: Sequence[WireField]) -> datetime | None:
    for field in block:
        if field.name.lower() == "resent-date":
            try:
                found = parsedate_to_datetime(field.text.partition(":")[2].strip())
            except ValueError:
                return None
            return found.astimezone() if found.tzinfo is None else found
    return None
