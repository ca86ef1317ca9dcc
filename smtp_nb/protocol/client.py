"""Client state machine: which command is allowed now, and which reply answers which.

Replies come in the order of the commands (RFC 2920 section 3.1), so a queue of pending commands is
all the memory needed. The table says what may be sent in which state; states change when a command
is written, because with PIPELINING its reply comes much later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from smtp_nb.errors import ConnectionClosed, LinkError, MalformedReply, StateError
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.commands import BANNER, END_OF_DATA, Command
from smtp_nb.protocol.replies import MAX_LINE, ReplyParser


class ClientState(Enum):
    """State of the session, judged by what was written."""

    CONNECTED = "the server has not greeted yet"
    GREETED = "EHLO has not been sent yet"
    READY = "no transaction is open"
    MAIL = "a transaction without recipients is open"
    RCPT = "a transaction with recipients is open"
    DATA = "the content is being sent"
    AUTH = "a login is in progress"
    CLOSED = "the session is over"


_S = ClientState
# In tuples, as a state is found in them by identity; as a member of a set it has to be hashed.
_OPEN = (_S.GREETED, _S.READY, _S.MAIL, _S.RCPT)
# verb: (states in which it is allowed, the state after it; None keeps the state)
TRANSITIONS: dict[str, tuple[tuple[ClientState, ...], ClientState | None]] = {
    "EHLO": (_OPEN, _S.READY),
    "HELO": (_OPEN, _S.READY),
    "STARTTLS": ((_S.READY,), _S.GREETED),
    "AUTH": ((_S.READY,), _S.AUTH),
    "ANSWER": ((_S.AUTH,), _S.AUTH),
    "MAIL": ((_S.READY,), _S.MAIL),
    "SEND": ((_S.READY,), _S.MAIL),
    "SOML": ((_S.READY,), _S.MAIL),
    "SAML": ((_S.READY,), _S.MAIL),
    "RCPT": ((_S.MAIL, _S.RCPT), _S.RCPT),
    "DATA": ((_S.RCPT,), _S.DATA),
    "END": ((_S.DATA,), _S.READY),
    # RFC 3030 section 2: a chunk may follow a chunk, but no further RCPT and no DATA. That is left
    # to the flow of the content, which says nothing else before the last chunk.
    "BDAT": ((_S.RCPT,), None),
    "BDAT LAST": ((_S.RCPT,), _S.READY),
    "RSET": (_OPEN, _S.READY),
    "NOOP": (_OPEN, None),
    "VRFY": (_OPEN, None),
    "EXPN": (_OPEN, None),
    "HELP": (_OPEN, None),
    "QUIT": ((*_OPEN, _S.AUTH), _S.CLOSED),
}
_ANYTHING_ELSE = (_OPEN, None)
# A final reply to these ends what they began; a good one to STARTTLS leads on.
FALL_BACK: dict[str, ClientState] = {
    "AUTH": _S.READY,
    "ANSWER": _S.READY,
    "STARTTLS": _S.READY,
    "DATA": _S.RCPT,
}


_IN_WORDS = {"BANNER": "the connection", "END": "the end of the message", "ANSWER": "the login"}


class ClientProtocol:
    """Commands in, bytes out; bytes in, (command, reply) out. It waits for the banner first.

    Args:
        max_line: bytes of the longest line of a reply.
        mask: removes secrets from what an error message shows.
    """

    def __init__(self, max_line: int = MAX_LINE, mask: Callable[[str], str] = str) -> None:
        self.state = ClientState.CONNECTED
        self._mask = mask
        self._replies = ReplyParser(max_line, mask)
        self._waiting: deque[Command] = deque([BANNER])

    @property
    def waiting(self) -> int:
        """Number of commands without a reply."""
        return len(self._waiting)

    @property
    def awaited(self) -> str:
        """What the next reply answers, in words."""
        verb = self._waiting[0].verb if self._waiting else "nothing"
        return _IN_WORDS.get(verb, verb)

    def awaits(self, command: Command) -> bool:
        """True if the reply to `command` is still to come."""
        return command in self._waiting

    @property
    def has_rest(self) -> bool:
        """True if bytes are buffered that belong to no reply taken so far."""
        return self._replies.has_rest

    def send(self, command: Command) -> bytes:
        """Return the bytes to write for `command`, which from now on awaits its reply.

        Raises:
            StateError: it is not allowed in this state; write nothing.
            ConnectionClosed: the server has sent 421 meanwhile.
            MalformedReply: it has sent something else unasked.
        """
        verb = command.verb
        row = "BDAT LAST" if verb == "BDAT" and command.is_last_chunk else verb
        fits, after = TRANSITIONS.get(row, _ANYTHING_ELSE)
        if self.state not in fits:
            raise StateError(f"{verb} is not allowed now: {self.state.value}")
        if not self._waiting and self._replies.has_rest:
            raise self._unasked()
        self.state = after or self.state
        self._waiting.append(command)
        return command.line

    def _unasked(self) -> LinkError:
        """Return the error for buffered bytes that answer nothing."""
        rest = self._replies.take_rest()
        self._replies.receive_data(rest)
        reply = self._replies.next_reply() if rest.startswith(b"421") else None
        if reply is None:
            return self._replies.malformed("the server sent a reply to no command", rest)
        masked = Reply(reply.code, tuple(map(self._mask, reply.lines)))
        return ConnectionClosed(
            f"the server is closing the session: {masked.text}",
            reply=masked,
            remedy="Connect again, later",
        )

    def end_of_data(self) -> None:
        """Note that the dot is being written; its reply comes next in the queue."""
        self.send(END_OF_DATA)

    def receive_data(self, data: bytes) -> None:
        """Take in bytes from the server."""
        self._replies.receive_data(data)

    def next_reply(self) -> tuple[Command, Reply] | None:
        """Return the next reply with the command it answers, or None until more bytes arrive.

        A 421 may come at any time (RFC 5321 section 3.8); with no command waiting it is returned
        with `BANNER`.

        Raises:
            MalformedReply: not a reply, beyond the limits, or a reply to no command.
        """
        reply = self._replies.next_reply()
        if reply is None:
            return None
        if not self._waiting:
            if reply.code == 421:
                return BANNER, reply
            words = self._mask(reply.text)[:80]
            raise MalformedReply(
                f"the server sent a reply to no command: {reply.code} {words}",
                remedy="The connection cannot be trusted any more; connect again",
            )
        return self.answer(reply), reply

    def good_replies(self) -> list[tuple[Command, Reply]]:
        """As `next_reply`, for all that have arrived, up to one that is not a single line of 2yz or
        3yz.

        It raises nothing: what is odd is left to `next_reply`.
        """
        if not self._waiting:
            return []
        return [(self.answer(reply), reply) for reply in self._replies.good_replies(self.waiting)]

    def answer(self, reply: Reply) -> Command:
        """Take a reply as the answer to the oldest command without one, which is returned."""
        command = self._waiting.popleft()
        if command.verb not in _STILL:
            self._move(command, reply)
        return command

    def _move(self, command: Command, reply: Reply) -> None:
        """Apply what only a reply decides: the greeting, a refused command, the end of a login."""
        if command is BANNER and reply.is_success:
            self.state = ClientState.GREETED
        elif not reply.is_intermediate:
            self.state = FALL_BACK.get(command.verb, self.state)
        if command.verb == "STARTTLS" and reply.is_success:
            self.state = ClientState.GREETED
        ends = command is END_OF_DATA or command.is_last_chunk
        if ends and not reply.is_success and self.state is ClientState.READY:
            self.state = ClientState.RCPT  # only a positive reply proves that it ended: reset first

    def restart_after_tls(self) -> None:
        """Forget the conversation so far (RFC 3207 section 4.2); no banner comes after STARTTLS."""
        self._replies = ReplyParser(self._replies.max_line, self._mask)
        self.state = ClientState.GREETED


# Whatever the reply to these, it changes nothing that the command itself has not changed.
_STILL = frozenset({"MAIL", "RCPT", "RSET", "NOOP"})
