"""One conversation as the server saw it, stored raw and cheap, rendered on demand."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

from smtp_nb import ambient
from smtp_nb.model.display import SHOWN, counted
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.known import known_attributes
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN, encodings
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox.exchanges import Exchange, SessionLine, exchanges_of, frame_of
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.recording import read, write
from smtp_nb.sandbox.remarks import NO_QUIT, UNFINISHED
from smtp_nb.sandbox.subscribers import Subscribers
from smtp_nb.sandbox.wire import Wire

if TYPE_CHECKING:
    from os import PathLike

MAX_LINES = 10_000

BY_HAND = "hand"
ABANDONED = "abandoned"
"""What `Session.by` says of a conversation by hand, and of one that was begun again."""


@known_attributes()
class Session(Sequence[PITrailEvent]):
    """The trail of one connection: a sequence of `PITrailEvent`, from the server's side.

    Lines that came in one read, and the replies to them, carry the same group number.

    Attributes:
        number: counts the server's sessions, from 1.
        peer: address and port of the client.
        hello: the name that the client sent in EHLO.
        user: the logged-in user, or None.
        tls: the TLS parameters of the connection, or None.
        messages: what it brought, in order.
        line_count: how many lines and remarks there have been.
        unfinished: returns the key for what the client has begun and not ended, or an empty text.
        by: "hand" if a person types in a terminal, "abandoned" if that person went on in another
            session, else empty.
        student: whose conversation it is, if that is known, else empty.
        opened_at: when the connection was opened, in seconds on the server's `clock()`.
        is_open: True until the connection has ended.
        is_restored: True if it was read from a file, which proves nothing about who wrote it.
        waiting: what the server waits for, in words: "21 octets without an end of line (CRLF)" or
            "the dot on a line of its own (21 bytes of content so far)". It stays when the
            connection ends.
    """

    number: int
    peer: str
    hello: str
    user: str | None
    tls: TLSInfo | None
    opened_at: float
    is_open: bool
    is_restored: bool
    waiting: str
    group: int
    by: str
    student: str
    messages: list[Message]
    line_count: int
    unfinished: Callable[[], str]

    def __init__(
        self,
        number: int,
        peer: str,
        secrets: Collection[str],
        clock: Callable[[], float] = ambient.monotonic,
    ) -> None:
        self.number = number
        self.peer = peer
        self.hello = ""
        self.user = None
        self.tls = None
        self._remarks: list[tuple[str, str]] = []
        self.by = self.student = ""
        self.messages = []
        self.line_count = 0
        self.unfinished: Callable[[], str] = str
        self._subscribers = Subscribers[[PITrailEvent]]("a session")
        self.is_open = True
        self.is_restored = False
        self.waiting = ""
        self._wire = Wire()
        self.group = 0
        self._clock = clock
        self.opened_at = self._arrived_at = self._passed_at = clock()
        self._secrets = secrets
        self._lines: deque[SessionLine] = deque(maxlen=MAX_LINES)

    def begin_group(self) -> None:
        """A read brings something new of the client's."""
        self.group += 1
        self._arrived_at = self._clock()

    @property
    def silent_s(self) -> float:
        """Seconds since the last byte in either direction."""
        return self._clock() - self._passed_at

    def client(self, line: str, credential: str = "") -> None:
        """Note a line of the client, without secrets; `credential` is what was removed."""
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
        seconds = moment - self.opened_at
        line = SessionLine(
            seconds, what, direction, self.tls is not None, self.group, came, credential
        )
        self._lines.append(line)
        self.line_count += 1
        self._publish(line)

    def heard(self, data: bytes) -> None:
        """Keep the client's bytes, after TLS, before they are parsed."""
        self._passed_at = self._clock()
        self._wire.note(TrailDirection.CLIENT, data)

    def said(self, data: bytes) -> None:
        """Keep the server's bytes, before TLS."""
        self._passed_at = self._clock()
        self._wire.note(TrailDirection.SERVER, data)

    @property
    def wire(self) -> list[tuple[TrailDirection, bytes]]:
        """The bytes in both directions, the last 256 KiB, including those that are not a command
        yet.

        Anything that could be a password is hidden.
        """
        return self._wire.shown(self._masks())

    def clean(self, text: str) -> str:
        """The text without the sandbox's passwords."""
        return _clean(text, self._masks())

    def _cleaned(self, what: str | Reply) -> str | Reply:
        if isinstance(what, str):
            return self.clean(what)
        return Reply(what.code, tuple(map(self.clean, what.lines)))

    def _masks(self) -> list[str]:
        return _spellings(tuple(self._secrets))

    def blunder(self, key: str, text: str) -> None:
        """Note a violation of the rules that no reply reported."""
        if len(self._remarks) < MAX_LINES:
            self._remarks.append((key, text))
        self.remark(text)

    @property
    def noted(self) -> list[tuple[str, str]]:
        """As `blunders`, but only what has been noted for good."""
        return list(self._remarks)

    @property
    def blunders(self) -> list[tuple[str, str]]:
        """What the client did against the rules: key and words, one pair for each time."""
        begun = self.unfinished() if self.is_open else ""
        return [*self.noted, (begun, UNFINISHED[begun])] if begun else self.noted

    @property
    def remarks(self) -> list[str]:
        """What the client did against the rules, one key for each time.

        The keys: `no-crlf bare-lf no-dot out-of-turn second-address helo-domain no-empty-line
        unstuffed-dot plain-after-starttls no-ehlo-after-tls not-base64 no-nul no-quit
        retry-of-5yz`. `no-crlf` and `no-dot` are there as long as the line or the content has no
        end, and for good if the client leaves so. The trail has a remark beside each.
        """
        return [key for key, _ in self.blunders]

    def end(self, *, has_left: bool) -> None:
        """The connection has ended; `has_left`: by the client, before the server was done."""
        has_left &= self.by != ABANDONED  # who begins again does not leave
        if has_left and (key := self.unfinished()):
            self.blunder(key, f"the client left in the middle: {UNFINISHED[key]}")
        elif has_left and self.hello and not self._remarks:
            # Who broke off over another blunder is not blamed for leaving too.
            self.waiting = "QUIT: the client left without it"
            self.blunder(NO_QUIT.key, NO_QUIT.text)
        self.is_open = False

    def lines(self, start: int = 0) -> list[SessionLine]:
        """What was said and remarked, in the order in which it was noted, credentials hidden.

        Args:
            start: of the first line; negative ones count from the end.
        """
        return [
            line._replace(what=self._cleaned(line.what), credential="")
            for line in list(self._lines)[start:]
        ]

    def restore(
        self, lines: Iterable[SessionLine], blunders: Iterable[tuple[str, str]], wire: Wire
    ) -> None:
        """Take what was kept of a conversation that has ended."""
        self._lines.extend(lines)
        self._remarks.extend(blunders)
        self._wire = wire
        self.is_open = False
        self.is_restored = True

    @property
    def exchanges(self) -> list[Exchange]:
        """Each command with its reply, in order, the greeting first."""
        masks = self._masks()
        return exchanges_of(list(self._lines), lambda text: _clean(text, masks), self.by)

    @property
    def round_trips(self) -> int:
        """How often the client waited for the server after it had spoken."""
        return self.trail.tally.round_trips

    def subscribe(self, callback: Callable[[PITrailEvent], object]) -> Callable[[], None]:
        """Call something with each line from now on, as it comes or goes.

        Args:
            callback: is called in the server's thread, or in the caller's with `inline=True`. What
                it raises is logged and disturbs nothing.

        Returns:
            What ends the subscription.
        """
        return self._subscribers.add(callback)

    def _publish(self, line: SessionLine) -> None:
        if self._subscribers:
            for event in told(line, Counter(), self._masks()):
                self._subscribers.tell(event)

    @property
    def frame(self) -> Any:  # a pandas DataFrame, which this room does not import
        """The exchanges as a DataFrame: number, command, argument, code, enhanced_code, reply,
        seconds, group, tls, by.
        """
        return frame_of(self.exchanges)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the conversation to a file, as JSON lines, credentials hidden.

        It holds the messages with all their addresses.

        Raises:
            OSError: the file cannot be written.
        """
        write(self, self.lines(), path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Session:
        """Read a conversation that `save` wrote. It proves nothing about who wrote it.

        Raises:
            InputError: it is not such a file, or is too large; nothing else can happen.
        """
        found = read(path)
        made = cls(found.facts["number"], found.facts["peer"], ())
        for name, value in found.facts.items():
            setattr(made, name, value)
        made.restore(found.lines, found.blunders, Wire(found.wire))
        made.messages = found.messages
        return made

    def logins(self) -> list[str]:
        """For lessons: what the client sent inside AUTH, decoded. It holds passwords.

        The sandbox's own passwords are throw-away. Do not save the result if a real one may have
        been typed.
        """
        return [_decoded(line.credential) for line in list(self._lines) if line.credential]

    def _events(self) -> list[PITrailEvent]:
        # In the order in which the bytes passed: first what a read brought, then the answers.
        lines = sorted(self._lines.copy(), key=lambda line: (line.group, not line.came))
        spoken = Counter(line.group for line in lines if line.direction == TrailDirection.CLIENT)
        masks = self._masks()
        return [event for line in lines for event in told(line, spoken, masks)]

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
        """The conversation so far, as a `Trail`."""
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
        before = [f"… {left:,} before"] if left else []
        return "\n".join([f"<{counted(len(self), 'session')}>", *before, *newest])


def told(
    line: SessionLine, spoken: Counter[int], masks: Sequence[str] = ()
) -> Iterator[PITrailEvent]:
    """The events of a line.

    Args:
        spoken: how many commands came in each group.
        masks: what must not be shown.
    """
    group = line.group if spoken[line.group] > 1 else 0
    texts = line.what.wire_lines() if isinstance(line.what, Reply) else [line.what]
    for left, text in zip(range(len(texts) - 1, -1, -1), texts, strict=True):
        shown = _clean(text, masks)
        yield PITrailEvent(line.direction, shown, line.seconds, line.tls, group, left == 0)


def _clean(text: str, masks: Sequence[str]) -> str:
    """A password in the wrong place, say as the argument of NOOP, is hidden there too."""
    for mask in masks:
        if mask in text:
            text = text.replace(mask, HIDDEN)
    return text


@lru_cache(maxsize=16)  # a class has sixty passwords, and each line is searched for all of them
def _spellings(secrets: tuple[str, ...]) -> list[str]:
    return [spelling for secret in secrets for spelling in encodings(secret)]


def _decoded(credential: str) -> str:
    name, _, data = credential.rpartition(" ")
    try:
        text = b64decode(data, validate=True).decode("utf-8", "backslashreplace")
    except ValueError:
        text = data
    return f"{name} {text}".strip().replace("\0", "\\0")
