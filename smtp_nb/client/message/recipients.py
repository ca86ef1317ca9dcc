"""Recipients: To, Cc and Bcc as one list, and three properties that are views of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableSequence
from dataclasses import dataclass
from typing import Any, overload

from smtp_nb.client.settings.converters import addresses, empty_group, member
from smtp_nb.errors import AddressError, InputError
from smtp_nb.model.address import Mailbox, parse_mailbox, refuse_controls
from smtp_nb.model.display import bounded
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Recipient
from smtp_nb.model.known import known_attributes

_kind = member(RecipientType)
# RFC 5321 section 4.1.2, `esmtp-param`.
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)=([!-<>-~]+)\Z")
_NOTIFY = r"(?:SUCCESS|FAILURE|DELAY)"
# RFC 3461 sections 4.1 and 4.2; the utf-8 of RFC 6533 has its own escapes, which are ASCII too.
_VALUES = {
    "NOTIFY": re.compile(rf"NEVER|{_NOTIFY}(?:,{_NOTIFY}){{0,2}}", re.IGNORECASE),
    "ORCPT": re.compile(r"[A-Za-z0-9-]+;(?:[!-*,-<>-~]|\+[0-9A-F]{2})+"),
}
# As the reference's own example writes it.
_SPACED = re.compile(r"\b(NOTIFY|ORCPT) ", re.IGNORECASE)


@known_attributes()
@dataclass
class MessageRecipient:
    """One recipient (IPWorks: MessageRecipient).

    Attributes:
        address: `name@example.org`; it may include a display name.
        recipient_type: a `RecipientType`, its number or its name: TO, CC or BCC.
        name: the display name.
        options: RCPT parameters (RFC 3461), for example `NOTIFY=SUCCESS,FAILURE`.
    """

    address: str = ""
    recipient_type: RecipientType = RecipientType.TO
    name: str = ""
    options: str = ""

    # Any: each attribute takes what its own type allows.
    def __setattr__(self, name: str, value: Any) -> None:
        if name == "recipient_type":
            value = _kind("RecipientType", value)
        elif not isinstance(value, str):
            raise InputError(f"a recipient's {name} must be str, not {type(value).__name__}")
        object.__setattr__(self, name, value)

    @property
    def mailbox(self) -> Mailbox:
        """The address, parsed and checked.

        Raises:
            AddressError, InjectionError: it is not valid.
        """
        if not self.address:
            raise AddressError("the recipient has no address", code=165)
        refuse_controls(self.name, "the recipient's name")
        box = parse_mailbox(self.address)
        return Mailbox(box.local, box.domain, self.name) if self.name else box

    def as_recipient(self) -> Recipient:
        """The recipient as the envelope takes it.

        Raises:
            AddressError, InjectionError, InputError: address or options cannot be used.
        """
        return Recipient(self.mailbox, self.recipient_type, _checked_options(self.options))


def _checked_options(options: str) -> str:
    refuse_controls(options, "the recipient's options")
    words = _SPACED.sub(r"\1=", options).split(" ") if options else []
    found = [_PARAMETER.match(word) for word in words]
    names = [match[1].upper() for match in found if match]
    if not all(map(_is_legal, found)) or len(set(names)) < len(names):
        raise InputError(
            f"{options!r} are not RCPT parameters",
            remedy="Write NOTIFY=SUCCESS,FAILURE,DELAY or NOTIFY=NEVER, and"
            " ORCPT=rfc822;name@example.org (RFC 3461)",
        )
    return " ".join(words)


def _is_legal(match: re.Match[str] | None) -> bool:
    if match is None:
        return False
    rule = _VALUES.get(match[1].upper())
    return rule is None or rule.fullmatch(match[2]) is not None


class MessageRecipients(MutableSequence[MessageRecipient]):
    """All recipients, to be changed in place; a bare address is added as To."""

    def __init__(self) -> None:
        self._items: list[MessageRecipient] = []
        self.group = ""
        """A group without members: what the To field holds where no recipient is To."""

    def clear(self) -> None:
        super().clear()
        self.group = ""

    @overload
    def __getitem__(self, index: int) -> MessageRecipient: ...
    @overload
    def __getitem__(self, index: slice) -> MutableSequence[MessageRecipient]: ...
    def __getitem__(
        self, index: int | slice
    ) -> MessageRecipient | MutableSequence[MessageRecipient]:
        return self._items[index]

    # A MutableSequence's item assignment is typed for slices too, hence Any.
    def __setitem__(self, index: Any, value: Any) -> None:
        self._items[index] = [_item(v) for v in value] if isinstance(index, slice) else _item(value)

    def __delitem__(self, index: int | slice) -> None:
        del self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def insert(self, index: int, value: MessageRecipient | str) -> None:
        self._items.insert(index, _item(value))

    def __repr__(self) -> str:
        return f"[{bounded(self._items)[1:-1].removesuffix(',')}]"

    def of(self, kind: RecipientType) -> Iterator[MessageRecipient]:
        """Those of one kind."""
        return (item for item in self._items if item.recipient_type is kind)

    def replace(self, kind: RecipientType, boxes: Iterable[Mailbox]) -> None:
        """Replace all recipients of one kind."""
        kept = [item for item in self._items if item.recipient_type is not kind]
        kept += [MessageRecipient(box.address, kind, box.name) for box in boxes]
        self._items = sorted(kept, key=lambda item: item.recipient_type)


def _item(value: Any) -> MessageRecipient:
    """A recipient out of what is put into the list: one, or the address of one."""
    if isinstance(value, MessageRecipient):
        return value
    if isinstance(value, str):
        box = parse_mailbox(value)
    elif len(boxes := addresses("MessageRecipients", value)) == 1:
        (box,) = boxes
    else:
        raise InputError(
            f"one recipient is added at a time, not {len(boxes)}", remedy="Use extend()"
        )
    return MessageRecipient(box.address, RecipientType.TO, box.name)


class Recipients:
    """The recipient properties of the component."""

    def __init__(self) -> None:
        self._recipients = MessageRecipients()

    @property
    def message_recipients(self) -> MessageRecipients:
        """To, Cc and Bcc together, changed in place (IPWorks: MessageRecipients)."""
        return self._recipients

    def _joined(self, kind: RecipientType) -> str:
        return ", ".join(str(item.mailbox) for item in self._recipients.of(kind))

    def _replace(self, name: str, kind: RecipientType, value: Any) -> None:
        self._recipients.replace(kind, addresses(name, value))

    @property
    def send_to(self) -> str:
        """The To addresses; assigning a string or a list replaces them (IPWorks: SendTo).

        A group without members, `undisclosed-recipients:;`, is a To field too (RFC 5322 section
        3.4): the message goes to the Bcc recipients alone.
        """
        return self._joined(RecipientType.TO) or self._recipients.group

    @send_to.setter
    def send_to(self, value: Any) -> None:
        self._replace("SendTo", RecipientType.TO, value)
        is_empty = not any(self._recipients.of(RecipientType.TO))
        self._recipients.group = empty_group(value) if is_empty else ""

    @property
    def cc(self) -> str:
        """The Cc addresses; assigning replaces them (IPWorks: Cc)."""
        return self._joined(RecipientType.CC)

    @cc.setter
    def cc(self, value: Any) -> None:
        self._replace("Cc", RecipientType.CC, value)

    @property
    def bcc(self) -> str:
        """The Bcc addresses, which appear in no header; assigning replaces them (IPWorks: BCc)."""
        return self._joined(RecipientType.BCC)

    @bcc.setter
    def bcc(self, value: Any) -> None:
        self._replace("BCc", RecipientType.BCC, value)
