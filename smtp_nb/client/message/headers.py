"""Header fields (IPWorks: Header), and those of the component's message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from smtp_nb.client.message.message_builder import draft_from
from smtp_nb.client.message.message_properties import MessageProperties
from smtp_nb.errors import MissingError
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.known import known_attributes

if TYPE_CHECKING:
    from smtp_nb.compose.message import Composed


@known_attributes()
@typed_arguments
@dataclass
class Header:
    """A field of a message's header.

    Attributes:
        field: its name, without the colon.
        value: its value, unfolded.
    """

    field: str = ""
    value: str = ""


class Headers(MessageProperties):
    """The header of the component's message, as it will be sent."""

    @property
    def message_headers(self) -> list[Header]:
        """The header fields as they will be sent (IPWorks: MessageHeaders).

        Empty without an author. A date or Message-ID of `*` is generated anew each time.

        Raises:
            InputError: a property cannot be sent.
        """
        head = self._head()
        return [Header(field, value) for field, value in head.headers] if head else []

    @property
    def message_headers_string(self) -> str:
        """The same as `message_headers`, as one string (IPWorks: MessageHeadersString)."""
        head = self._head()
        return head.head.decode() if head else ""

    def _head(self) -> Composed | None:
        from smtp_nb.compose.message import compose

        try:
            return compose(draft_from(self))
        except MissingError:
            return None
