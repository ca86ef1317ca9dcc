"""One header field (reference: Header)."""

from __future__ import annotations

from dataclasses import dataclass

from smtp_nb.model.known import known_attributes


@known_attributes()
@dataclass
class Header:
    """A field of a message's header.

    Attributes:
        field: its name, without the colon.
        value: its value, unfolded.
    """

    field: str = ""
    value: str = ""
