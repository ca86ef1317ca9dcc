"""The inbox of a sandbox: its messages, each with envelope, headers, bodies and source."""

from __future__ import annotations

import base64
from collections.abc import Callable
from email.message import EmailMessage, MIMEPart
from typing import Any, Protocol

from IPython.lib.pretty import pretty

from smtp_nb.model.shown import visible
from smtp_nb.sandbox import Inbox
from smtp_nb.sandbox import Message as Received
from smtp_nb.widgets.latest import Latest
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.pump import Message, Pump

LISTED = 500
SOURCE_CHARACTERS = 100_000


class Server(Protocol):
    """Who has messages: a `SandboxServer`."""

    @property
    def messages(self) -> Inbox: ...


class InboxView(Live):
    """Lists what a sandbox took in and shows a message when it is chosen.

    The HTML of a message is somebody else's: it is shown in a frame that runs nothing, and whose
    policy lets it load nothing.
    """

    _esm = script("inbox")
    _css = style_sheet("inbox")

    def __init__(self, server: Server, **traits: Any) -> None:
        super().__init__(**traits)
        self._server = server
        self._latest = Latest()
        self._pump = Pump(self._latest, self.send)
        self.on_msg(self._listen)

    def refresh(self) -> None:
        """Send the page the list as it is now."""
        messages = list(self._server.messages)
        first = max(0, len(messages) - LISTED)
        listed = [summary(n, message) for n, message in enumerate(messages) if n >= first]
        self._latest.put({"kind": "list", "messages": listed, "total": len(messages)})
        self._pump.wake()

    def settle(self) -> None:
        """Bring page and notebook up to date."""
        if self.has_changed:
            self.refresh()
        super().settle()

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there ({"ready": true}), or wants a message ({"open": 3})."""
        if not isinstance(content, dict):
            return
        if content.get("ready"):
            self.refresh()
        number = content.get("open")
        if isinstance(number, int) and 0 <= number < len(self._server.messages):
            self.send(opened(number, self._server.messages[number]))

    def __repr__(self) -> str:
        return f"<InboxView: {len(self._server.messages)} messages>"

    def static_forms(self) -> Forms:
        inbox = self._server.messages
        to_text: Callable[[object], str] = pretty  # IPython's has no types
        return to_text(inbox), inbox._repr_html_()


def summary(number: int, message: Received) -> Message:
    """One row of the list."""
    return {
        "number": number,
        "time": f"{message.received_at:%H:%M:%S}",
        "from": visible(message.mail_from or "<>"),
        "to": visible(", ".join(message.rcpt_tos)),
        "subject": visible(message.subject),
        "size": message.size,
    }


def opened(number: int, message: Received) -> Message:
    """A whole message."""
    envelope = [
        ["MAIL FROM", f"<{message.mail_from}>"],
        *(["RCPT TO", f"<{address}>"] for address in message.rcpt_tos),
        ["Line", str(message.tls) if message.tls else "in clear"],
        ["Logged in as", message.user or "nobody"],
    ]
    headers = [[name, str(value)] for name, value in message.parsed.items()]
    return {
        "kind": "message",
        "number": number,
        "envelope": [[name, visible(value)] for name, value in envelope],
        "headers": [[name, visible(value)] for name, value in headers],
        "html": _html(message.parsed),
        "text": _lines(_body(message.parsed, "plain")),
        "source": _lines(str(message)[:SOURCE_CHARACTERS]),
        "files": [visible(part.get_filename() or "file") for part in _attached(message.parsed)],
    }


def _lines(text: str) -> str:
    return "\n".join(visible(line) for line in text.splitlines())


def _body(message: EmailMessage, kind: str) -> str:
    """The text of a body; what cannot be decoded says so."""
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError) as error:
        return f"(this body cannot be read: {error})"


def _attached(message: EmailMessage) -> list[Any]:  # EmailMessage's iterators have few types
    return list(message.iter_attachments()) if message.is_multipart() else []


def _html(message: EmailMessage) -> str:
    """The HTML body with its inline images inside."""
    html = _body(message, "html")
    for part in message.walk():
        if html and part.get_content_maintype() == "image" and part["Content-ID"]:
            html = html.replace(f"cid:{str(part['Content-ID']).strip('<>')}", _data_url(part))
    return html


def _data_url(part: EmailMessage | MIMEPart) -> str:
    octets = part.get_payload(decode=True)
    data = base64.b64encode(octets if isinstance(octets, bytes) else b"").decode("ascii")
    return f"data:{part.get_content_type()};base64,{data}"
