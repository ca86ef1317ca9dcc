"""Intents in words: what a client is about to do."""

from __future__ import annotations

from collections.abc import Sequence

from smtp_nb.flows.intents import (
    Call,
    Close,
    Intent,
    Notify,
    Open,
    Probe,
    Read,
    Resolve,
    Sleep,
    Write,
)
from smtp_nb.protocol.client import ClientState

_IN_CONTENT = (ClientState.DATA,)


def intent_words(intent: Intent, said: Sequence[str], in_tls: bool, state: ClientState) -> str:
    """A sentence without a subject, such as "wait for the reply to EHLO".

    Args:
        said: the lines of the trail that stand for what is written, secrets hidden.
        in_tls: the line is protected.
        state: where the conversation is.
    """
    match intent:
        case Open():
            return f"connect to {intent.host}"
        case Resolve():
            return f"look up {intent.host}"
        case Write():
            return _written(intent, said, in_tls, state)
        case Read():
            return f"wait for {intent.waiting_for}"
        case Probe():
            return "look whether the server has said something by itself"
        case Sleep():
            return f"wait {intent.seconds:g} s"
        case Call():
            return f"wait for {intent.waiting_for}"
        case Notify():
            return f"ask the program: {type(intent.event).__name__.removesuffix('Event')}"
        case Close():
            return "close the connection" if intent.gently else "drop the connection"
        case _:
            return type(intent).__name__.lower()


def _written(intent: Write, said: Sequence[str], in_tls: bool, state: ClientState) -> str:
    size, how = len(intent.data), " through TLS" if in_tls else ""
    if list(said) == ["."]:
        return f"write the message and the dot that ends it, {size:,} bytes{how}"
    if said:
        lines = f"{len(said)} lines in one piece: " if len(said) > 1 else ""
        return f"write {lines}{', '.join(said)}{how}"
    if state in _IN_CONTENT:
        return f"write {size:,} bytes of the message{how}"
    if in_tls:
        return f"write {size:,} bytes that end TLS"
    return f"write {size:,} bytes of the TLS handshake"
