"""Names: of campaigns, and whom a user means by a key or an address."""

from __future__ import annotations

import re
from collections.abc import Hashable

from smtp_nb.errors import InputError
from smtp_nb.merge.journal.schema import Target
from smtp_nb.merge.planning.adoption import ADDRESSES
from smtp_nb.merge.planning.plan import Plan, key_text
from smtp_nb.merge.planning.recipients import To
from smtp_nb.model.address import parse_mailbox

_NAME = re.compile(r"[^\s./\\:*?\"<>|\x00-\x1f][^/\\:*?\"<>|\x00-\x1f]{0,99}\Z")


def require_name(name: str) -> None:
    """See that a campaign can be called so.

    Raises:
        InputError: it cannot.
    """
    if not _NAME.match(name):
        raise InputError(f"{name!r} is not a valid campaign name", remedy="Use letters and digits")


def identity_of(to: To, key: Hashable | None, by: tuple[Hashable, ...], plan: Plan) -> str:
    """By what the journal knows the rows of a campaign."""
    if key is not None or by not in ((), (to,)):
        return "column"
    return ADDRESSES if plan.has_several else "address"


def meant(plan: Plan, identity: str, has_key: bool, value: object) -> list[Target]:
    """The rows or recipients that go by this name.

    Args:
        identity: by what the campaign knows its rows.
        has_key: True if `key=` was given, so that no address is a name.
    """
    if identity == "address":
        return [Target(parse_mailbox(str(value)).key)]
    if identity == ADDRESSES:
        return _by_address(plan, parse_mailbox(str(value)).key)
    # A group by several columns is known by all of them.
    key = " / ".join(map(key_text, value)) if isinstance(value, tuple) else key_text(value)
    if has_key or any(planned.key == key for planned in plan.rows):
        return [Target(key)]
    try:
        return _by_address(plan, parse_mailbox(key).key)
    except InputError:  # it is no address: a group that is no longer there
        return [Target(key)]


def _by_address(plan: Plan, address: str) -> list[Target]:
    found = {
        planned.key: None
        for planned in plan.rows
        if any(box.key == address for box in (*planned.mailboxes, *planned.held_back))
    }
    return [Target(key, address) for key in found] or [Target(address, address)]
