"""A conversation as commands and their replies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.reply import Reply


class SessionLine(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and its reply. The greeting is one without a command.

    Attributes:
        command: the first word in capitals; empty for what the server says by itself.
        argument: what stands behind it; what could be a password is hidden.
        reply: the server's answer; None if there was none.
        seconds: from the beginning of the connection to the command.
        group: commands that came in one read carry the same number.
        tls: True inside TLS.
        by: "hand" for what was typed in a terminal, else empty.
    """

    command: str
    argument: str
    reply: Reply | None
    seconds: float
    group: int
    tls: bool
    by: str = ""


def exchanges_of(
    lines: Iterable[SessionLine], clean: Callable[[str], str], by: str
) -> list[Exchange]:
    """Pair commands with replies: reply n answers command n.

    Args:
        lines: as they were noted, so that a reply comes after its command.
        clean: takes passwords out of a text.
    """
    made: list[Exchange] = []
    waiting: deque[SessionLine] = deque()

    def pair(line: SessionLine, reply: Reply | None) -> None:
        text = clean(line.what) if isinstance(line.what, str) else ""
        command, _, argument = text.partition(" ")
        command = command.upper() if command.isalpha() else command
        made.append(Exchange(command, argument, reply, line.seconds, line.group, line.tls, by))

    for line in lines:
        if line.direction == TrailDirection.CLIENT:
            waiting.append(line)
        elif isinstance(line.what, Reply):
            pair(waiting.popleft() if waiting else line, _clean_reply(line.what, clean))
    for line in waiting:
        pair(line, None)
    return made


def _clean_reply(reply: Reply, clean: Callable[[str], str]) -> Reply:
    return Reply(reply.code, tuple(map(clean, reply.lines)))


def frame_of(exchanges: Iterable[Exchange]) -> Any:
    """The exchanges as a pandas DataFrame, one a row."""
    import narwhals

    rows = [_row(number, one) for number, one in enumerate(exchanges)]
    columns = {name: [row[name] for row in rows] for name in _row(0, _NOTHING)}
    return narwhals.from_dict(columns, backend="pandas").to_native()


_NOTHING = Exchange("", "", None, 0.0, 0, tls=False)


def _row(number: int, one: Exchange) -> dict[str, object]:
    return {
        "number": number,
        "command": one.command,
        "argument": one.argument,
        "code": one.reply.code if one.reply else 0,
        "enhanced_code": one.reply.enhanced_code if one.reply else "",
        "reply": one.reply.text if one.reply else "",
        "seconds": one.seconds,
        "group": one.group,
        "tls": one.tls,
        "by": one.by,
    }
