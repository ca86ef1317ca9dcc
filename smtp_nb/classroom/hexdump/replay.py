"""Replay: a conversation said again to a new sandbox in memory, with other bytes in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from smtp_nb.classroom.hexdump.marks import Run
from smtp_nb.classroom.terminal import Terminal
from smtp_nb.errors import InputError, StateError
from smtp_nb.model.display import visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.known import known_attributes
from smtp_nb.protocol.server.policy import EXTENSIONS
from smtp_nb.sandbox.exchanges import Exchange
from smtp_nb.sandbox.server import SandboxServer
from smtp_nb.sandbox.session import Session

CLIENT = TrailDirection.CLIENT
_QUEUED = re.compile(r"queued as \S+")
_GREETING = re.compile(rb"220 ([a-z0-9.-]{1,200}) ")
_MANNERS = {b", lenient: ": "lenient", b", careless: ": "careless"}
NOTHING = "nothing"
_SHOWN = 60


@known_attributes()
@dataclass(frozen=True, slots=True, repr=False)
class Replay:
    """What a server makes of a conversation in which some bytes are others.

    The server is a new one in memory that offers what the conversation's did. Its faults, refusals
    and logins are not there again, so the unchanged conversation is said again too, and compared.

    Attributes:
        rows: where the two differ: what the client says, the reply to it without the change, and
            the reply now.
        waiting: what the server waits for in the end.
        remarks: what it has to remark upon, by key.
    """

    rows: tuple[tuple[str, str, str], ...]
    waiting: str
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{said}: {before} -> {now}" for said, before, now in self.rows]
        lines = lines or ["the server notices no difference"]
        lines.append(f"in the end it waits for {self.waiting}")
        if self.remarks:
            lines.append(f"remarks: {', '.join(self.remarks)}")
        return "\n".join(map(visible, lines))

    def __repr__(self) -> str:
        remarks = visible(", ".join(self.remarks))
        return f"<Replay: {len(self.rows)} differences, remarks: {remarks}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def replay(runs: Sequence[Run], number: int, changed: bytes) -> Replay:
    """Say a conversation again with another run of the client's.

    Args:
        runs: direction and bytes in turn, from the greeting on.
        number: of the run that is another.
        changed: what it is now.

    Raises:
        InputError: its beginning is missing, or that run is the server's.
    """
    if not runs or _GREETING.match(runs[0][1]) is None:
        raise InputError(
            "the beginning of this conversation is missing, so it cannot be said again",
            remedy="Take one from its greeting on",
        )
    if runs[number][0] is not CLIENT:
        raise InputError("the server said these bytes", remedy="Change some of the client's")
    said = [octets for direction, octets in runs if direction is CLIENT]
    place = sum(direction is CLIENT for direction, _ in runs[:number])
    before, *_ = _say(runs, said)
    now, waiting, remarks = _say(runs, [*said[:place], changed, *said[place + 1 :]])
    return Replay(tuple(_differences(before, now)), waiting, tuple(remarks))


def _say(runs: Sequence[Run], said: list[bytes]) -> tuple[Session, str, list[str]]:
    """The conversation as a new server sees it, what that waits for in the end, and its remarks."""
    with SandboxServer(inline=True, **_options(runs)) as server, Terminal(server) as terminal:
        terminal.dialogue("<wait>")
        for octets in said:
            try:
                terminal.send(octets)
            except StateError:
                break  # the server has ended it
            terminal.dialogue("<wait>")
            if terminal.state == "tls":
                terminal.dialogue("<tls>")
        # Before the end: who replays a conversation does not leave it.
        waiting, remarks = terminal.waiting, terminal.remarks
    return server.sessions[0], waiting, remarks


def _options(runs: Sequence[Run]) -> dict[str, Any]:
    """A server as the conversation shows it."""
    greeting, *others = [octets for direction, octets in runs if direction is not CLIENT]
    found = _GREETING.match(greeting)
    assert found is not None
    offered = {
        line[4:].split(b" ")[0].decode("latin-1")
        for octets in others
        for line in octets.split(b"\r\n")
        if line.startswith(b"250")
    }
    has_greeted = "PIPELINING" in offered or any(b"250-" in octets for octets in others)
    return {
        "hostname": found[1].decode(),
        "manner": next((name for sign, name in _MANNERS.items() if sign in greeting), "strict"),
        "tls": "starttls" if "STARTTLS" in offered else None,
        "without": [name for name in EXTENSIONS if name not in offered] if has_greeted else (),
    }


def _differences(before: Session, now: Session) -> Iterator[tuple[str, str, str]]:
    for old, new in zip_longest(before.exchanges, now.exchanges):
        (said, reply), (said_now, reply_now) = _told(old), _told(new)
        if (said, reply) != (said_now, reply_now):
            words = " / ".join(dict.fromkeys(filter(None, (said, said_now))))
            yield words or "the greeting", _short(reply), _short(reply_now)
    kept = [[message.content for message in one.messages] for one in (before, now)]
    for number, (first, second) in enumerate(zip_longest(*kept), 1):
        if first != second:
            yield f"message {number}", *_unlike(first, second)


def _told(exchange: Exchange | None) -> tuple[str, str]:
    """What the client says, and the reply, without what differs from one server to the next."""
    if exchange is None:
        return "", ""
    said = visible(f"{exchange.command} {exchange.argument}".strip())[:_SHOWN]
    return said, _QUEUED.sub("queued", str(exchange.reply)) if exchange.reply else "no reply"


def _short(reply: str) -> str:
    first, *more = (reply or NOTHING).split("\n")
    return f"{first} (and {len(more)} more lines)" if more else first


def _unlike(first: bytes | None, second: bytes | None) -> tuple[str, str]:
    """Two contents by the first line that is not the same."""
    if first is None or second is None:
        return _size(first), _size(second)
    for old, new in zip_longest(first.split(b"\r\n"), second.split(b"\r\n")):
        if old != new:
            return _line(old), _line(new)
    return NOTHING, NOTHING


def _size(content: bytes | None) -> str:
    return NOTHING if content is None else f"{len(content)} bytes"


def _line(line: bytes | None) -> str:
    return NOTHING if line is None else visible(line.decode("utf-8", "backslashreplace"))[:_SHOWN]
