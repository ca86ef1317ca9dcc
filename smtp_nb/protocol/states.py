"""Where a server's session stands: what its next octets are, and what keeps it waiting."""

from __future__ import annotations

from enum import Enum, auto

from smtp_nb.protocol.server.policy import ReceivedTransaction


class State(Enum):
    """What the next octets are."""

    GREETING = auto()
    COMMANDS = auto()
    LOGIN = auto()
    DATA = auto()
    CHUNK = auto()
    HANDSHAKE = auto()
    """TLS; the owner calls `secured()` when it is up."""
    CLOSED = auto()


_WAITING = {
    State.GREETING: "the greeting to be sent",
    State.COMMANDS: "a command",
    State.LOGIN: "the answer to a challenge",
    State.DATA: "the dot on a line of its own ({size} octets of content so far)",
    State.CHUNK: "{left} more octets of a chunk",
    State.HANDSHAKE: "TLS to come up",
    State.CLOSED: "nothing: the session is over",
}


def waiting_for(state: State, unended: int, message: ReceivedTransaction | None, left: int) -> str:
    """What a session waits for, or what keeps it waiting, in words.

    Args:
        unended: octets of a line that has no end yet.
        message: the one that is coming in.
        left: octets of a chunk that are to come.
    """
    if unended and state in (State.COMMANDS, State.LOGIN):
        return f"{unended} octets without an end of line (CRLF)"
    return _WAITING[state].format(size=message.size if message else 0, left=left)
