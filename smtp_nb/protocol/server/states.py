"""States of a server session: what its next bytes are, and what it waits for."""

from __future__ import annotations

from enum import Enum, auto

from smtp_nb.protocol.server.policy import ReceivedTransaction


class ServerState(Enum):
    """What the next bytes are."""

    GREETING = auto()
    COMMANDS = auto()
    LOGIN = auto()
    DATA = auto()
    CHUNK = auto()
    HANDSHAKE = auto()
    """TLS; the owner calls `secured()` when it is established."""
    CLOSED = auto()


_WAITING = {
    ServerState.GREETING: "the greeting to be sent",
    ServerState.COMMANDS: "a command",
    ServerState.LOGIN: "the answer to a challenge",
    ServerState.DATA: "the dot on a line of its own ({size} bytes of content so far)",
    ServerState.CHUNK: "{left} more bytes of a chunk",
    ServerState.HANDSHAKE: "TLS to be established",
    ServerState.CLOSED: "nothing: the session is over",
}


def waiting_for(
    state: ServerState, unended: int, message: ReceivedTransaction | None, left: int
) -> str:
    """Return what a session waits for, or what blocks it, in words.

    Args:
        unended: bytes of a line that has no end yet.
        message: the incoming one.
        left: bytes of a chunk still to come.
    """
    if unended and state in (ServerState.COMMANDS, ServerState.LOGIN):
        return f"{unended} octets without an end of line (CRLF)"
    if state is ServerState.DATA and message and message.bare_line_feeds:
        return (
            "the dot on a line of its own, ended by CR and LF:"
            f" {message.bare_line_feeds} line feeds came without CR"
            f" ({message.size} bytes of content so far)"
        )
    return _WAITING[state].format(size=message.size if message else 0, left=left)


def unfinished(state: ServerState, unended: int, message: ReceivedTransaction | None) -> str:
    """What the client has begun and not ended, as the key of a remark; empty for nothing.

    Args:
        unended: bytes of a line that may still come to its end.
        message: the one that is coming in.
    """
    if state in (ServerState.COMMANDS, ServerState.LOGIN):
        return "no-crlf" if unended else ""
    if state is ServerState.DATA and message is not None and message.size:
        return "bare-lf" if message.bare_line_feeds else "no-dot"
    return ""
