"""The raw bytes of a session in both directions.

A line that never ends and a body without its dot are no commands, so no trail shows them; here they
stand. What could be a password is taken out when it is shown: what follows AUTH, each line after it
that is no command, and the sandbox's own passwords wherever they are.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from itertools import groupby

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.secret import HIDDEN
from smtp_nb.protocol.server.auth import shown_line
from smtp_nb.protocol.server.command_table import RULES
from smtp_nb.sasl.server.server import KNOWN_NAMES

MAX_OCTETS = 256 * 1024
"""Of each session; older ones are forgotten."""

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_HIDDEN = HIDDEN.encode()


class Wire:
    """What passed on one line, TLS taken off.

    Args:
        kept: what passed already.
    """

    def __init__(self, kept: Iterable[tuple[TrailDirection, bytes]] = ()) -> None:
        self._pieces: deque[tuple[TrailDirection, bytes]] = deque()
        self._size = 0
        for direction, data in kept:
            self.note(direction, data)

    def note(self, direction: TrailDirection, data: bytes) -> None:
        """Keep bytes that came or went."""
        if not data:
            return
        self._pieces.append((direction, data[-MAX_OCTETS:]))
        self._size += len(self._pieces[-1][1])
        while self._size > MAX_OCTETS:
            self._size -= len(self._pieces.popleft()[1])

    def shown(self, masks: Iterable[str]) -> list[tuple[TrailDirection, bytes]]:
        """Direction and bytes in turn, credentials hidden."""
        secrets = [mask.encode() for mask in masks if mask]
        runs, follows_login = [], False
        for direction, run in groupby(list(self._pieces), lambda piece: piece[0]):
            octets = b"".join(data for _, data in run)
            if direction is TrailDirection.CLIENT:
                octets, follows_login = discreet(octets, follows_login)
            for secret in secrets:
                octets = octets.replace(secret, _HIDDEN)
            runs.append((direction, octets))
        return runs


def discreet(octets: bytes, follows_login: bool) -> tuple[bytes, bool]:
    """The client's bytes without what could be a password, and whether more may follow."""
    if not follows_login and b"AUTH" not in octets.upper():
        return octets, False
    lines = []
    for line in _LINE.findall(octets):
        text = line.rstrip(b"\r\n")
        verb = text.partition(b" ")[0].decode("latin-1").upper()
        if verb.startswith("AUTH"):
            follows_login = True
            shown = shown_line(text.decode("utf-8", "backslashreplace"), KNOWN_NAMES).encode()
        elif follows_login and verb not in RULES:
            shown = _HIDDEN
        else:
            follows_login, shown = False, text
        lines.append(shown + line[len(text) :])
    return b"".join(lines), follows_login
