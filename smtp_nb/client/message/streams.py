"""Message streams: opening, reading and closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smtp_nb.errors import Interrupted
from smtp_nb.flows.intents import Call, Flow
from smtp_nb.flows.session import ClientSession

if TYPE_CHECKING:
    from smtp_nb.compose.stream import Source, StreamContent


class Streams:
    """The component's message stream."""

    _session: ClientSession | None
    content_stream: StreamContent | None

    def __init__(self) -> None:
        self.content_stream = None
        """The stream given to `set_message_stream`."""

    def set_message_stream(self, stream: Source | None) -> None:
        """Send the message that is in a stream, header and body, in place of all properties
        (IPWorks: SetMessageStream).

        It is read while it is sent, from its current position to its end, in constant memory. A
        stream that is not a regular file is read on a thread: a pipe may block the call, and an
        interruption ends that wait; the position of the pipe is then unknown. Afterwards it is
        closed if CloseStreamAfterTransfer is True. The envelope still comes from send_to, cc, bcc
        and from_.

        Args:
            stream: a file opened with 'rb', a pipe, or any iterable of bytes; None for none.
        """
        from smtp_nb.compose.stream import StreamContent

        self.content_stream = None if stream is None else StreamContent(stream)

    def _open_stream(self) -> Flow[StreamContent | None]:
        """Read the header of the stream, if there is one; a pipe may take its time for that."""
        if (stream := self.content_stream) is None:
            return None
        try:
            yield Call(stream.open, "the header of the message stream")
        except Interrupted:
            yield from self._drop()
            raise
        return stream

    def _drop(self) -> Flow[None]:
        """After an interruption none of our bytes may still arrive."""
        if self._session is not None:
            yield from self._session.abort()

    def _let_go_of(self, stream: StreamContent | None, closes: bool) -> None:
        """After a transfer: close the stream, or leave it where it stands."""
        if stream is None or not stream.was_read:
            return
        if closes:
            stream.close()
        if self.content_stream is stream:
            self.set_message_stream(None if closes else stream.source)
