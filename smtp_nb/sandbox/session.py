"""One conversation as the server saw it. Kept raw and cheap while it happens, told when asked."""

from __future__ import annotations

import time
from base64 import b64decode
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple, overload

from smtp_nb.model.display import SHOWN
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.known import known_attributes
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN, encodings
from smtp_nb.model.trail import Trail
from smtp_nb.sandbox.wire import Wire

MAX_LINES = 10_000


class _Line(NamedTuple):
    """One line of the client, a remark (str), or a whole reply of the server.

    Attributes:
        came: True for what a read brought, False for what followed from it. The server answers a
            group command by command, but the client had said it all before the first reply.
    """

    seconds: float
    what: str | Reply
    direction: TrailDirection
    tls: bool
    group: int
    came: bool
    credential: str = ""


@known_attributes()
class Session(Sequence[PITrailEvent]):
    """The trail of one connection: a sequence of `PITrailEvent`, from the server's side.

    Lines that came in one read, and the replies to them, carry the same group number.

    Attributes:
        number: counts the server's sessions, from 1.
        peer: address and port of the client.
        hello: the name that it gave.
        user: who logged in, or None.
        tls: what the handshake agreed on, or None.
        remarks: what the client did against the rules, one key for each time: `out-of-turn`,
            `bare-lf`. The trail has a remark beside it.
        is_open: True until the connection has ended.
        waiting: what the server waits for, in words: "21 octets without an end of line (CRLF)" or
            "the dot on a line of its own (21 octets of content so far)". It stays when the line
            ends.
    """

    number: int
    peer: str
    hello: str
    user: str | None
    tls: TLSInfo | None
    remarks: list[str]
    is_open: bool
    waiting: str
    group: int

    def __init__(
        self,
        number: int,
        peer: str,
        secrets: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.number = number
        self.peer = peer
        self.hello = ""
        self.user = None
        self.tls = None
        self.remarks = []
        self.is_open = True
        self.waiting = ""
        self._wire = Wire()
        self.group = 0
        self._clock = clock
        self._opened_at = self._arrived_at = clock()
        self._secrets = secrets
        self._lines: deque[_Line] = deque(maxlen=MAX_LINES)

    def begin_group(self) -> None:
        """A read brings something new of the client's."""
        self.group += 1
        self._arrived_at = self._clock()

    def client(self, line: str, credential: str = "") -> None:
        """Note a line of the client, secrets taken out; `credential` is what was taken out."""
        self._note(line, TrailDirection.CLIENT, credential, came=True)

    def server(self, reply: Reply) -> None:
        """Note a reply of ours."""
        self._note(reply, TrailDirection.SERVER)

    def remark(self, text: str, *, came: bool = False) -> None:
        """Note something that neither side says; `came`: it is about what a read brought."""
        self._note(text, TrailDirection.INFO, came=came)

    def _note(
        self,
        what: str | Reply,
        direction: TrailDirection,
        credential: str = "",
        came: bool = False,
    ) -> None:
        moment = self._arrived_at if came else self._clock()
        seconds = moment - self._opened_at
        self._lines.append(
            _Line(seconds, what, direction, self.tls is not None, self.group, came, credential)
        )

    def heard(self, data: bytes) -> None:
        """Keep octets of the client's, TLS taken off, before anybody reads them."""
        self._wire.note(TrailDirection.CLIENT, data)

    def said(self, data: bytes) -> None:
        """Keep octets of ours, before TLS."""
        self._wire.note(TrailDirection.SERVER, data)

    @property
    def wire(self) -> list[tuple[TrailDirection, bytes]]:
        """The octets both ways in turn, the last 256 KiB, also those that are no command yet.

        What could be a password is hidden.
        """
        return self._wire.shown(self._masks())

    def _masks(self) -> list[str]:
        return [spelling for secret in self._secrets for spelling in encodings(secret)]

    def blunder(self, key: str, text: str) -> None:
        """Note what the client did against the rules and was not told by a reply."""
        if len(self.remarks) < MAX_LINES:
            self.remarks.append(key)
        self.remark(text)

    def logins(self) -> list[str]:
        """For lessons: what the client said inside AUTH, decoded. It holds passwords.

        The sandbox's own passwords are throw-away. Do not save what this returns if a real one
        may have been typed.
        """
        return [_decoded(line.credential) for line in list(self._lines) if line.credential]

    def _events(self) -> list[PITrailEvent]:
        # In the order in which the octets passed: first what a read brought, then the answers.
        lines = sorted(self._lines.copy(), key=lambda line: (line.group, not line.came))
        spoken = Counter(line.group for line in lines if line.direction == TrailDirection.CLIENT)
        masks = self._masks()
        return [event for line in lines for event in _told(line, spoken, masks)]

    @overload
    def __getitem__(self, index: int) -> PITrailEvent: ...
    @overload
    def __getitem__(self, index: slice) -> list[PITrailEvent]: ...
    def __getitem__(self, index: int | slice) -> PITrailEvent | list[PITrailEvent]:
        return self._events()[index]

    def __iter__(self) -> Iterator[PITrailEvent]:
        return iter(self._events())

    def __len__(self) -> int:
        return len(self._events())

    @property
    def trail(self) -> Trail:
        """The conversation so far, as a trail of its own."""
        trail = Trail()
        for event in self._events():
            trail(event)
        return trail

    def __str__(self) -> str:
        return str(self.trail)

    def __repr__(self) -> str:
        end = f"open, waiting: {self.waiting}" if self.is_open else "closed"
        return f"<Session {self.number} from {self.peer}, {end}: {self.trail.tally}>"

    def _repr_html_(self) -> str:
        return self.trail._repr_html_()


class Sessions(list[Session]):
    """The sessions of a server, oldest first."""

    def __repr__(self) -> str:
        """The newest ones; those before are counted."""
        newest = [repr(session) for session in self[-SHOWN:]]
        left = len(self) - len(newest)
        return "\n".join(
            [f"<{len(self):,} sessions>", *([f"… {left:,} before"] if left else []), *newest]
        )


def _told(line: _Line, spoken: Counter[int], masks: list[str]) -> Iterator[PITrailEvent]:
    group = line.group if spoken[line.group] > 1 else 0
    texts = line.what.wire_lines() if isinstance(line.what, Reply) else [line.what]
    for left, text in zip(range(len(texts) - 1, -1, -1), texts, strict=True):
        shown = _clean(text, masks)
        yield PITrailEvent(line.direction, shown, line.seconds, line.tls, group, left == 0)


def _clean(text: str, masks: list[str]) -> str:
    """A password in the wrong place, say as the argument of NOOP, is hidden there too."""
    for mask in masks:
        if mask in text:
            text = text.replace(mask, HIDDEN)
    return text


def _decoded(credential: str) -> str:
    name, _, data = credential.rpartition(" ")
    try:
        text = b64decode(data, validate=True).decode("utf-8", "backslashreplace")
    except ValueError:
        text = data
    return f"{name} {text}".strip().replace("\0", "\\0")
