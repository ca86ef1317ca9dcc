"""One connection of the sandbox: socket, TLS and latency around a `Reception`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from smtp_nb.model.memory_server import Timer
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import Request
from smtp_nb.protocol.server.replies import TLS_EXPECTED, on_the_wire
from smtp_nb.protocol.server.server import ServerProtocol
from smtp_nb.protocol.server.states import ServerState
from smtp_nb.sandbox.door import HELD, PAUSED, RESUMED
from smtp_nb.sandbox.faults.table import Action
from smtp_nb.sandbox.reception import Reception
from smtp_nb.sandbox.remarks import PLAIN_AFTER_STARTTLS
from smtp_nb.sandbox.session import Session
from smtp_nb.sandbox.shared_state import SharedState

if TYPE_CHECKING:
    from smtp_nb.sandbox.tls import ServerTLS

# How long a client may go on sending after our last reply, so that it can read that reply: a line
# closed at once with unread bytes is reset, and the reset may overtake the reply.
LINGER_S = 2.0

READ_SIZE = 64 * 1024

HANDSHAKE_RECORD = b"\x16"
"""How a TLS handshake begins (RFC 8446 section 5.1)."""

HUNG = "nothing: the server hangs, and will answer nothing more"
"""What a session waits for whose server hangs (a fault)."""

CROWDED = Reply(421, ("4.3.2 Too many connections, come back later",))
IDLE = Reply(421, ("4.4.2 Idle for too long",))
SHUTTING_DOWN = Reply(421, ("4.3.2 The sandbox is shutting down",))


class Connection(asyncio.BufferedProtocol):
    """Carries bytes between a transport and a `Reception`, in the time that its answers take."""

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self._tls: ServerTLS | None = None
        self._timer: Timer | None = None
        self._buffer = memoryview(bytearray(READ_SIZE))
        self._on_the_way: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._delayed = False  # an answer waits for its time
        self._held_back: tuple[Request, Action] | None = None  # its time came in a pause
        self._blocked = False  # the client does not read its replies
        self._ending = False
        self._hangs = False  # the client is heard, and not answered any more
        self._reads = 0
        self._idle: Timer | None = None
        self._transport: asyncio.Transport
        self._session: Session
        self._reception: Reception
        self._machine: ServerProtocol

    # What the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._shared.is_crowded:
            self._ending = True
            if not self._shared.implicit_tls:
                self._transport.write(on_the_wire(CROWDED))
            self._transport.close()
            return
        self._session = self._shared.opened(self, transport.get_extra_info("peername") or ("?", 0))
        self._reception = Reception(self._shared, self._session)
        self._machine = self._reception.machine
        if (refusal := self._shared.door.admit(self._session)) is not None:
            self._turn_away(refusal)
            return
        self._watch()
        if self._shared.implicit_tls:
            self._begin_tls()
        else:
            self._work()

    def _turn_away(self, reply: Reply) -> None:
        self._ending = True
        if self._tls is None:
            self._session.server(reply)
            self._transport.write(on_the_wire(reply))
        self._transport.close()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._travel(self._receive, bytes(self._buffer[:nbytes]))

    def eof_received(self) -> bool:
        """The client has shut its side. True: the line stays until the last reply is there."""
        if self._shared.latency_s:
            self._travel(self._travel, self._transport.close)
        return bool(self._shared.latency_s)

    def _travel(self, arrive: Callable[..., object], *arguments: object) -> None:
        """Delay bytes, or an end, by half a trip; what was written together arrives together."""
        if self._shared.latency_s:
            self._on_the_way.append((arrive, arguments))
            self._shared.later(self._shared.latency_s / 2, self._arrive)
        else:
            arrive(*arguments)

    def _arrive(self) -> None:
        # Timers for the same moment are called in no certain order, so each takes the oldest.
        if self._on_the_way:
            arrive, arguments = self._on_the_way.popleft()
            arrive(*arguments)

    def _catch_up(self) -> None:
        """Take what was still on the way: it left the client before the end did."""
        on_the_way, self._on_the_way = self._on_the_way, deque()
        for arrive, arguments in on_the_way:
            if arrive == self._receive:  # not what the server was about to send
                arrive(*arguments)

    def _watch(self) -> None:
        """Look again after the idle time whether anything has come in it."""
        if self._shared.limits.idle_s and not self._ending:
            self._idle = self._shared.later(self._shared.limits.idle_s, self._look, self._reads)

    def _look(self, reads: int) -> None:
        if self._ending:
            return
        if reads == self._reads and not self._is_waiting:
            self.shut_down(IDLE)
        else:
            self._watch()

    def _receive(self, data: bytes) -> None:
        self._reads += 1
        if self._ending:
            return
        # What was cut in the middle is one thing all the same, which the client said in one go.
        if not self._machine.is_midway:
            self._session.begin_group()
        if self._tls is not None:
            if self._is_plain(data):
                self._refuse_plain(data)
                return
            data = self._unwrap(data)
            if not self._tls.is_up:
                return
        self._session.heard(data)
        if self._hangs:
            return
        self._machine.receive_data(data)
        self._work()
        if self._tls is not None and self._tls.is_closed and not self._ending:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self._catch_up()
        is_ours, self._ending = self._ending, True
        if self not in self._shared.connections:
            return  # it was one too many
        # A client that gives up on a server that hangs has done nothing wrong.
        self._session.end(has_left=not (is_ours or self._hangs))
        self._shared.door.notice(self._session)
        self._on_the_way.clear()
        for timer in (self._timer, self._idle):
            if timer is not None:
                timer.cancel()
        self._shared.connections.discard(self)

    def pause_writing(self) -> None:
        """The client does not read its replies: take no more commands from it."""
        self._blocked = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._blocked = False
        self._go_on()

    # Requests and answers

    def _work(self) -> None:
        while not (self._is_waiting or self._ending):
            found = self._reception.next_request()
            if found is None:
                break
            request, action = found
            if action.delay:
                self._answer_later(request, action)
            else:
                self._answer(request, action)
        self._session.waiting = self._waiting
        if self._shared.is_held:
            self._transport.pause_reading()
        if not self._ending:
            self._flush()

    @property
    def _waiting(self) -> str:
        if self._hangs:
            return HUNG
        return HELD if self._shared.is_held else self._machine.waiting

    def _answer_later(self, request: Request, action: Action) -> None:
        self._delayed = True
        self._transport.pause_reading()
        self._timer = self._shared.later(action.delay, self._answer_now, request, action)

    def _answer_now(self, request: Request, action: Action) -> None:
        if self._shared.is_held:
            self._held_back = request, action
            return
        self._delayed = False
        self._answer(request, action)
        self._go_on()

    @property
    def _is_waiting(self) -> bool:
        """True if no command is taken for now."""
        return self._delayed or self._blocked or self._hangs or self._shared.is_held

    def _go_on(self) -> None:
        self._work()
        if not self._is_waiting:
            self._transport.resume_reading()

    def hold(self) -> None:
        """The server holds its replies, or goes on, as `is_held` says; the trail says so too."""
        if self._ending:
            return
        self._session.remark(PAUSED if self._shared.is_held else RESUMED)
        if self._shared.is_held:
            self._session.waiting = self._waiting
            self._transport.pause_reading()
        elif self._held_back is not None:
            due, self._held_back = self._held_back, None
            self._answer_now(*due)
        else:
            self._go_on()
        self._shared.door.notice(self._session)

    def _answer(self, request: Request, action: Action) -> None:
        if action.gap:
            self._flush()  # what comes before it is sent whole
        reply = self._reception.answer(request, action)
        self._hangs = action.hangs and reply is not None and reply.code < 400
        if action.gap and reply is not None:
            self._delayed = True
            self._transport.pause_reading()
            self._dribble(deque(self._reception.data_to_send()), action)
        else:
            self._finish(action)

    def _dribble(self, octets: deque[int], action: Action) -> None:
        """Send the next byte, and the others later; no command is taken meanwhile."""
        self._send(bytes((octets.popleft(),)))
        if octets:
            self._timer = self._shared.later(action.gap, self._dribble, octets, action)
            return
        self._delayed = False
        self._finish(action)
        self._go_on()

    def _finish(self, action: Action) -> None:
        """Do what comes after the reply."""
        if self._hangs:
            self._session.remark("The sandbox hangs from here on: it answers nothing more")
            return
        if action.tail and action.cut != "before":
            self._flush(action.tail.encode())
        if action.cut:
            self._end(f"The sandbox dropped the connection {action.cut} its reply")
        else:
            self._follow()

    def _follow(self) -> None:
        """Do what the answer asks of the line."""
        if self._machine.state is ServerState.HANDSHAKE:
            self._flush()
            self._begin_tls()
        elif self._machine.state is ServerState.CLOSED:
            self._end()

    # TLS and the wire

    def _begin_tls(self) -> None:
        assert self._shared.new_tls is not None
        if self._machine.discarded:
            octets = len(self._machine.discarded)
            text = f"{octets} bytes in clear after STARTTLS discarded"
            self._session.blunder("out-of-turn", text)
        self._tls = self._shared.new_tls()

    def _is_plain(self, raw: bytes) -> bool:
        """True if what comes after STARTTLS cannot be the first record of a handshake."""
        is_first = not (self._tls is None or self._tls.is_begun or self._shared.implicit_tls)
        return is_first and raw[:1] != HANDSHAKE_RECORD

    def _refuse_plain(self, raw: bytes) -> None:
        """Tell the client in clear, which is how it talks."""
        self._tls = None
        self._session.heard(raw)
        self._session.blunder(PLAIN_AFTER_STARTTLS.key, PLAIN_AFTER_STARTTLS.text)
        self._session.server(TLS_EXPECTED)
        self._session.said(on_the_wire(TLS_EXPECTED))
        self._travel(self._transport.write, on_the_wire(TLS_EXPECTED))
        self._end("TLS failed: plain text came")

    def _unwrap(self, raw: bytes) -> bytes:
        import ssl

        tls = self._tls
        assert tls is not None
        was_up = tls.is_up
        try:
            plain = tls.receive(raw)
        except ssl.SSLError as error:
            self._travel(self._transport.write, tls.outgoing())
            self._end(f"TLS failed: {error.reason or error}")
            return b""
        self._travel(self._transport.write, tls.outgoing())
        if tls.is_up and not was_up:
            self._secured(tls)
        return plain

    def _secured(self, tls: ServerTLS) -> None:
        self._session.tls = tls.info
        self._session.remark(f"TLS is up: {tls.info}")
        self._session.begin_group()  # what comes in the same read as the handshake's end
        self._machine.certificate = tls.client_name
        if not self._shared.implicit_tls:
            self._machine.secured()

    def _flush(self, tail: bytes = b"") -> None:
        if data := self._reception.data_to_send() + tail:
            self._send(data)

    def _send(self, data: bytes) -> None:
        self._session.said(data)
        self._travel(self._transport.write, data if self._tls is None else self._tls.send(data))

    def _end(self, remark: str = "") -> None:
        """Send what is ready and close our side; in good order, unless a remark says why not."""
        self._ending = True
        self._flush()
        if remark:
            self._session.remark(remark)
        elif self._tls is not None:
            self._travel(self._transport.write, self._tls.close())
        self._travel(self._transport.write_eof)
        self._transport.resume_reading()
        linger = LINGER_S + self._shared.latency_s
        self._timer = self._shared.later(linger, self._transport.abort)

    def shut_down(self, reply: Reply = SHUTTING_DOWN) -> None:
        """End the session: say so where a reply may stand, then let go of the connection."""
        if self._machine.state is ServerState.COMMANDS and not (self._ending or self._delayed):
            data = on_the_wire(reply)
            self._transport.write(data if self._tls is None else self._tls.send(data))
            self._session.server(reply)
        self._ending = True
        self._transport.abort()
