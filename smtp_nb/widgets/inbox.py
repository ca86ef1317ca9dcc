"""Inbox view of a sandbox: messages with envelope, headers, bodies and source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from IPython.lib.pretty import pretty

from smtp_nb.model.display import counted, visible
from smtp_nb.sandbox import Inbox, Session
from smtp_nb.sandbox import Message as Received
from smtp_nb.sandbox.messages.mailbox import (
    SHOWN_RECIPIENTS,
    SHOWN_SOURCE,
    SHOWN_SUBJECT,
    people,
    shortened,
)
from smtp_nb.widgets.conversation import conversation
from smtp_nb.widgets.latest_value import LatestMade
from smtp_nb.widgets.letter import Letter, name_of
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import MessageSender, ViewMessage

LISTED = 2_000
PAUSE_S = 0.25  # at most four lists a second, whatever arrives
MAX_DOWNLOAD = 25 * 1024 * 1024
"""Encoded bytes of an attachment that the page may fetch."""
LISTED_RECIPIENTS = 20


class Server(Protocol):
    """Who has messages: a `SandboxServer`."""

    @property
    def messages(self) -> Inbox: ...
    @property
    def sessions(self) -> Sequence[Session]: ...


class InboxView(Live):
    """Lists what a sandbox took in, as it comes, and shows a message when it is chosen.

    The HTML of a message is a stranger's: it is shown in a frame that runs nothing, and whose
    policy lets it load nothing.
    """

    _esm = script("frame", "inbox")
    _css = style_sheet("inbox")

    def __init__(self, server: Server, **traits: Any) -> None:
        super().__init__(**traits)
        self._server = server
        self._feed = LatestMade(self._list, PAUSE_S)
        self._sender = MessageSender(self._feed, self.send)
        self._end_list: Callable[[], None] = _nothing
        self._end_talk: Callable[[], None] = _nothing
        self.on_msg(self._listen)

    def refresh(self) -> None:
        """Send the page the list as it is now, the newest first."""
        self._feed.touch()
        self._sender.wake()

    def _list(self) -> ViewMessage:
        messages = list(self._server.messages)
        first = max(0, len(messages) - LISTED)
        listed = [summary(n, messages[n]) for n in range(len(messages) - 1, first - 1, -1)]
        return {"kind": "list", "messages": listed, "total": len(messages)}

    def settle(self) -> None:
        """Bring page and notebook up to date."""
        if self.has_changed:
            self.refresh()
        super().settle()

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there ({"ready": true}), wants a message ({"open": 3}), one of its files
        ({"open": 3, "file": 0}) or its conversation ({"open": 3, "conversation": true}), or empties
        the inbox ({"clear": true})."""
        if not isinstance(content, dict):
            return
        if content.get("ready"):
            self._follow_list()
            self.refresh()
        if content.get("clear"):
            self._server.messages.clear()
            self.refresh()
        messages, number = list(self._server.messages), content.get("open")
        if not (isinstance(number, int) and 0 <= number < len(messages)):
            return
        if "file" in content:
            self._send_file(number, messages[number], content["file"])
        elif "conversation" in content:
            self._follow_talk(number, messages[number])
            self.send(self._conversation(number, messages[number]))
        else:
            self.send(opened(number, messages[number]))

    def _follow_list(self) -> None:
        """Show messages as they come, whichever cell or job sends them."""
        self._end_list()
        self._end_list = self._server.messages.subscribe(self.refresh)

    def _follow_talk(self, number: int, message: Received) -> None:
        """Show what is said from now on in the session of a message; only the last one is open."""
        self._end_talk()
        for session in self._sessions_of(message):
            feed = LatestMade(partial(self._conversation, number, message), PAUSE_S)
            told = partial(_touch, feed, MessageSender(feed, self.send))
            self._end_talk = session.subscribe(told)

    def detach(self) -> None:
        """Leave the notebook, and the page, as they are from now on."""
        self._end_list()
        self._end_talk()
        super().detach()

    def _sessions_of(self, message: Received) -> Sequence[Session]:
        """The session that brought it, if it is still known."""
        return [one for one in list(self._server.sessions) if one.number == message.session][-1:]

    def _conversation(self, number: int, message: Received) -> ViewMessage:
        lines = [line for s in self._sessions_of(message) for line in conversation(s, message)]
        return {"kind": "conversation", "number": number, "lines": lines}

    def _send_file(self, number: int, message: Received, place: object) -> None:
        attached = Letter(message.root).attached
        if not (isinstance(place, int) and 0 <= place < len(attached)):
            return
        part = attached[place]
        content = {"kind": "file", "number": number, "name": name_of(part)}
        self.send(content, buffers=[part.octets(MAX_DOWNLOAD)])

    def __repr__(self) -> str:
        return f"<InboxView: {counted(len(self._server.messages), 'message')}>"

    def static_forms(self) -> Forms:
        inbox = self._server.messages
        to_text: Callable[[object], str] = pretty  # IPython's has no types
        return to_text(inbox), inbox._repr_html_()


def _nothing() -> None:
    """What ends what has not begun."""


def _touch(feed: LatestMade, sender: MessageSender, _event: object) -> None:
    feed.touch()
    sender.wake()


def summary(number: int, message: Received) -> ViewMessage:
    """One row of the list."""
    return {
        "number": number,
        "time": f"{message.received_at:%H:%M:%S}",
        "from": visible(message.mail_from or "<>"),
        "to": visible(people(message.rcpt_tos[:LISTED_RECIPIENTS])) + _more(message),
        "subject": visible(shortened(message.subject, SHOWN_SUBJECT)),
        "size": message.size,
    }


def _more(message: Received) -> str:
    left = len(message.rcpt_tos) - LISTED_RECIPIENTS
    return f" and {left:,} more" if left > 0 else ""


def opened(number: int, message: Received) -> ViewMessage:
    """A whole message, as much of it as a page can hold; no content makes it raise."""
    left = len(message.rcpt_tos) - SHOWN_RECIPIENTS
    envelope = [
        ["MAIL FROM", f"<{message.mail_from}>"],
        *(["RCPT TO", f"<{address}>"] for address, _ in message.recipients),
        *([["RCPT TO", f"and {left:,} more"]] if left > 0 else []),
        ["Line", str(message.tls) if message.tls else "in clear"],
        ["Logged in as", message.user or "nobody"],
    ]
    letter = Letter(message.root)
    return {
        "kind": "message",
        "number": number,
        "envelope": [[name, visible(value)] for name, value in envelope],
        "headers": [[name, visible(value)] for name, value in message.header_rows()],
        "html": letter.html,
        "text": letter.text,
        "source": message.source(SHOWN_SOURCE).replace("\r\n", "\n"),
        "files": letter.files,
        "sizes": [len(part.octets(MAX_DOWNLOAD)) for part in letter.attached],
    }
