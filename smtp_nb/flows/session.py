"""Session: one conversation with one server, shared by all flows on it.

The session joins the byte layers to the protocol, and it has the trail written: a line is
shown
when its bytes are handed over or have arrived, so the trail cannot tell another story from the
wire.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from smtp_nb.errors import ConnectionClosed, LinkError, MalformedReply, SMTPError, SMTPTimeout
from smtp_nb.flows.intents import Close, Flow, Octets, Peer, Probe, Read, Write
from smtp_nb.flows.limits import Deadline
from smtp_nb.flows.mask import Mask
from smtp_nb.flows.observer import Observer
from smtp_nb.flows.settings import SessionSettings, secrets_of
from smtp_nb.flows.trail_writer import TrailWriter
from smtp_nb.model.display import counted
from smtp_nb.model.reply import Reply
from smtp_nb.model.unseen import without_frames
from smtp_nb.protocol.client import ClientProtocol, ClientState
from smtp_nb.protocol.commands import BANNER, QUIT, Command
from smtp_nb.protocol.extensions import NO_EXTENSIONS, Extensions

if TYPE_CHECKING:
    from smtp_nb.model.receipt import TLSInfo
    from smtp_nb.wire.tls.tls import TLSLayer

QUIT_TIMEOUT = 5.0
# A server seldom hangs up this soon: there is no need to check first.
IDLE_SECONDS = 1.0
# Stands for the settings' timeout for ordinary replies.
USUAL = -1.0
NO_LIMIT = 1_000_000_000
_EATEN = "If the server loses commands that arrive together, set pipelining='off'"

_CAUTION = ("auto", "message", "off")
_FALL_BACKS = {"message": "one message at a time", "off": "one command at a time"}


class ClientSession:
    """The state of one connection. Flows take it as their first argument."""

    def __init__(
        self,
        settings: SessionSettings,
        observer: Observer,
        clock: Callable[[], float],
        memory: dict[tuple[str, int], str] | None = None,
        number: int = 1,
    ) -> None:
        self.settings = settings
        self.observer = observer
        self.clock = clock
        self.trail = TrailWriter(observer, clock, lambda: self.layer is not None, number)
        self.mask = Mask(*secrets_of(settings))
        self.protocol = ClientProtocol(settings.max_line, self.mask.text)
        self.extensions: Extensions = NO_EXTENSIONS
        self.peer: Peer | None = None
        self.layer: TLSLayer | None = None
        self.under: TLSLayer | None = None
        """What protects the connection to the proxy; the server's TLS runs inside it."""
        self.last_reply: Reply | None = None
        self.is_open = False
        self._ending = (0, "OK")
        self.last_use = 0.0
        self.memory = {} if memory is None else memory
        """What servers stumble over, for later sessions."""
        self.mails = 0
        """Number of transactions begun."""
        self.batches = 0
        """Batches of messages that ended without an error."""
        known = self.memory.get((settings.host, settings.port), "auto")
        self._pipelining = max(settings.pipelining, known, key=_CAUTION.index)
        self._is_grouped = False
        """True while commands that were sent together await replies."""

    @property
    def tls(self) -> TLSInfo | None:
        """What protects the connection, or None."""
        return self.layer.info if self.layer else None

    @property
    def hello(self) -> str:
        """Our name in EHLO: as set, else our own address as a literal."""
        if self.settings.hello or self.peer is None:
            return self.settings.hello or "[127.0.0.1]"
        address = self.peer.local_address.partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    @property
    def may_group(self) -> bool:
        """True if commands may share a write (RFC 2920)."""
        return "PIPELINING" in self.extensions and self._pipelining != "off"

    @property
    def may_overlap(self) -> bool:
        """True if several messages may be in flight at once."""
        return "PIPELINING" in self.extensions and self._pipelining == "auto"

    @property
    def mails_left(self) -> int:
        """Number of transactions that the server still accepts on this connection (RFC 9422,
        MAILMAX).
        """
        most = self.extensions.limits.get("MAILMAX", 0)
        return max(most - self.mails, 0) if most else NO_LIMIT

    @property
    def is_used_up(self) -> bool:
        """True if the server accepts no further transaction on this connection."""
        return self.is_open and self.mails_left == 0

    def retire(self) -> Flow[bool]:
        """Close a connection that is used up; True if it was."""
        if not self.is_used_up:
            return False
        self.trail.remark(
            f"the server accepts {counted(self.mails, 'message')} on one connection;"
            " connecting again"
        )
        yield from self.close()
        return True

    def fall_back(self, why: str, group: bool = True) -> None:
        """Stop using windows, or groups at all, and say so in the trail."""
        level = "message" if group else "off"
        self._pipelining = max(self._pipelining, level, key=_CAUTION.index)
        self.memory[self.settings.host, self.settings.port] = self._pipelining
        self.trail.remark(f"{why}; from now on {_FALL_BACKS[self._pipelining]}")

    # -- writing ------------------------------------------------------------------------------

    def write(self, data: bytes) -> Flow[None]:
        """Write bytes to the connection, through TLS if there is TLS."""
        return self.put(self.layer.send(data) if self.layer else data)

    def put(self, octets: bytes, timeout_s: float | None = USUAL) -> Flow[None]:
        """Write bytes to the connection below the server's TLS."""
        if timeout_s == USUAL:
            timeout_s = self.settings.timeout_s
        wire = self.under.send(octets) if self.under else octets
        if self.layer or self.under:
            self.tell_tls()
        try:
            yield Write(wire, timeout_s, self.trail.notice_of_writing(timeout_s))
        except LinkError as error:
            self._ending = (error.code, error.description)
            raise

    def send(self, *commands: Command, content: bytes = b"") -> Flow[None]:
        """Write commands in one piece, followed by content; their replies come later."""
        data = self.prepare(*commands)
        yield from self.write(data + content if content else data)

    def prepare(self, *commands: Command) -> bytes:
        """Return the bytes of commands that the caller writes now, with whatever goes with them."""
        self._is_grouped = len(commands) > 1 or (self._is_grouped and self.protocol.waiting > 0)
        data = b"".join([self.protocol.send(command) for command in commands])
        for command in commands:
            self.mask.learn(command)
        self.trail.show_commands(commands)
        return data

    def prepare_each(self, groups: Sequence[Sequence[Command]]) -> list[bytes]:
        """As `prepare`, for the commands of several messages that leave in one write; there is no
        login among them."""
        self._is_grouped = True
        send = self.protocol.send
        found = [b"".join([send(command) for command in commands]) for commands in groups]
        self.trail.show_commands(*groups)
        return found

    # -- reading ------------------------------------------------------------------------------

    def next_reply(
        self, timeout_s: float | None = USUAL, waiting_for: str = "", hint: str = ""
    ) -> Flow[tuple[Command, Reply]]:
        """Wait for the reply to the oldest command that has none.

        Args:
            hint: what a long silence may mean.

        Raises:
            ConnectionClosed, SMTPTimeout, MalformedReply, TLSError: the session is lost.
        """
        if timeout_s == USUAL:
            timeout_s = self.settings.timeout_s
        if (found := self.reply_in_hand()) is None:
            what = waiting_for or f"the reply to {self.protocol.awaited}"
            # One for the whole reply: a server could drip its bytes for days.
            deadline = Deadline(self.clock, timeout_s, what, hint=hint)
            while found is None:
                yield from self._wait(deadline)
                found = self.reply_in_hand()
        return found

    def _wait(self, deadline: Deadline) -> Flow[None]:
        """Wait for more of a reply."""
        try:
            yield from self._fill(deadline)
        except SMTPTimeout as error:
            if self._is_grouped:
                error.remedy = f"{_EATEN}. {error.remedy}"
            raise

    def reply_in_hand(self) -> tuple[Command, Reply] | None:
        """As `next_reply`, without waiting: None if the reply has not arrived yet.

        Raises:
            MalformedReply: the session is lost.
        """
        found = self._parsed()
        return None if found is None else (found[0], self._note_reply(*found))

    def replies_in_hand(self) -> list[tuple[Command, Reply]]:
        """As `reply_in_hand`, for all that have arrived, up to a refusal."""
        if not self.protocol.has_rest:
            return []
        if found := self.protocol.good_replies():
            return self._note_replies(found)
        return [] if (last := self.reply_in_hand()) is None else [last]

    def next_replies(self, timeout_s: float | None) -> Flow[list[tuple[Command, Reply]]]:
        """Wait for a reply, and return all that have arrived with it; errors as of `next_reply`."""
        if not (found := self.replies_in_hand()):
            what = f"the reply to {self.protocol.awaited}"
            deadline = Deadline(self.clock, timeout_s, what)
            while not found:
                yield from self._wait(deadline)
                found = self.replies_in_hand()
        return found

    def _note_replies(self, found: list[tuple[Command, Reply]]) -> list[tuple[Command, Reply]]:
        """As `_note_reply`, for good replies that came together, no challenge or offer among
        them."""
        self.last_use = self.clock()
        if not self.mask.is_idle:
            found = [(command, self.mask(reply)) for command, reply in found]
        self.last_reply = found[-1][1]
        self.trail.show_replies([reply for _, reply in found])
        return found

    def _parsed(self) -> tuple[Command, Reply] | None:
        try:
            return self.protocol.next_reply()
        except MalformedReply as error:
            broken = without_frames(error)  # its frames hold the reply unmasked
        raise broken

    def ask(self, command: Command) -> Flow[Reply]:
        """Send one command and wait for its reply."""
        yield from self.send(command)
        _, reply = yield from self.next_reply()
        return reply

    def _fill(self, deadline: Deadline) -> Flow[None]:
        try:
            if not (raw := (yield from self.get(deadline))):
                raise ConnectionClosed(
                    f"the server closed the connection while we waited for {deadline.what}"
                )
        except LinkError as error:
            self._ending = (error.code, error.description)
            self._note_closed()
            raise
        yield from self._take(raw)

    def get(self, deadline: Deadline) -> Flow[bytes]:
        """Read the next bytes below the server's TLS; b"" at the end of the connection."""
        while True:
            notice = deadline.notice(self.trail.say_waiting)
            raw: bytes = yield Read(deadline.left(), deadline.what, notice)
            deadline.spend(len(raw))
            if not raw or self.under is None:
                return raw
            data = yield from self._uncover(raw)
            if data or self.under.is_closed:
                return data

    def _uncover(self, raw: bytes) -> Flow[bytes]:
        """Return bytes from the connection with the proxy's TLS removed."""
        if self.under is None:
            return raw
        data = self.under.receive(raw)
        if answer := self.under.outgoing():
            yield Write(answer, self.settings.timeout_s)
        return Octets(data)

    def _take(self, raw: bytes) -> Flow[None]:
        if self.layer is None:
            self.protocol.receive_data(raw)
            return
        self.protocol.receive_data(self.layer.receive(raw))
        answer = self.layer.outgoing()
        self.tell_tls()
        if answer:
            yield from self.put(answer)

    def _note_reply(self, command: Command, reply: Reply) -> Reply:
        """Show a reply and remember it; returns it with every secret masked.

        Challenges and offers pass unchanged, because a program reads them next.
        """
        self.last_use = self.clock()
        masked = self.mask(reply)
        self.last_reply = masked
        self.trail.show_replies((masked,))
        is_challenge = reply.code == 334 and command.verb in ("AUTH", "ANSWER")
        is_offer = reply.is_success and command.verb == "EHLO"
        return reply if is_challenge or is_offer else masked

    def tell_tls(self, *more: TLSLayer) -> None:
        """Pass on what the TLS layers report."""
        self.trail.show_tls(*more, self.layer, self.under)

    def restart_clock(self) -> None:
        """Start the clock of the trail."""
        self.last_use = self.trail.restart_clock()

    # -- endings ------------------------------------------------------------------------------

    def _note_closed(self, is_broken: bool = True) -> None:
        if not self.is_open:
            return
        self.is_open = False
        self.protocol.state = ClientState.CLOSED
        if self.layer and is_broken:
            self.trail.status("SSL connection broken", *self._ending)
        self.trail.status("Remote host disconnected", *self._ending)
        if self.settings.proxy:
            self.trail.status("Firewall host disconnected")

    def abort(self) -> Flow[None]:
        """Drop the connection so that nothing still in flight arrives."""
        self._note_closed()
        yield Close(gently=False)

    def start_over(self) -> Flow[None]:
        """Drop the connection and forget its conversation, so that another address can be tried."""
        yield from self.abort()
        self.protocol = ClientProtocol(self.settings.max_line, self.mask.text)
        self.layer = self.under = None
        self.extensions = NO_EXTENSIONS
        self._ending = (0, "OK")

    def close(self) -> Flow[None]:
        """Send QUIT if the connection is still usable, then close. Never raises for a lost
        connection."""
        if self.is_open and not self.protocol.waiting and not self.protocol.has_rest:
            try:
                yield from self.send(QUIT)
                patience = min(QUIT_TIMEOUT, self.settings.timeout_s or QUIT_TIMEOUT)
                yield from self.next_reply(patience, "the reply to QUIT")
                if self.layer:
                    yield from self.put(self.layer.close(), QUIT_TIMEOUT)
            except SMTPError as error:
                self.trail.remark(f"connection lost at QUIT: {error.description}")
        self._note_closed(is_broken=False)
        yield Close()

    def has_hung_up(self) -> Flow[bool]:
        """Check, after a pause, whether the server is still there; if not, close the connection."""
        if self.clock() - self.last_use <= IDLE_SECONDS or not (yield from self.is_stale()):
            return False
        self.trail.remark("the server hung up while we were idle; connecting again")
        yield from self.abort()
        return True

    def is_stale(self) -> Flow[bool]:
        """Return whether the server has closed, or sent 421, while the session was idle."""
        data: bytes | None = yield Probe()
        while data:  # under TLS this may be a session ticket, which is harmless
            yield from self._take((yield from self._uncover(data)))
            data = yield Probe()
        try:
            found = self._parsed()
        except MalformedReply as error:
            self.trail.remark(error.description)
            return True
        if found and found[0] is BANNER:
            self._note_reply(*found)
            return True
        return data is not None or self.protocol.has_rest
