"""All that a message is made from."""

from __future__ import annotations

from smtp_nb.client.message.attached import Attached
from smtp_nb.client.message.recipients import Recipients
from smtp_nb.client.message.streams import Streams
from smtp_nb.client.settings.properties import Properties


class MessageProperties(Properties, Recipients, Attached, Streams):
    """The part of the component that says what is sent, and to whom."""

    def __init__(self) -> None:
        Recipients.__init__(self)
        Attached.__init__(self)
        Streams.__init__(self)
