"""State of a session, followed from the lines of its trail.

A trail may come from another client, or begin in the middle: a line that does not fit leaves the
state as it was, and nothing raises.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from smtp_nb.errors import StateError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.client import TRANSITIONS, ClientProtocol, ClientState
from smtp_nb.protocol.commands import END_OF_DATA, Command

# What stands in a trail for a row of the table, and what is no line that a person would write.
_SHOWN = {"END": ".", "BDAT LAST": ""}
ANSWER = "ANSWER"

_reply = lru_cache(maxsize=400)(Reply)  # a value of three digits, made for every line


@cache
def allowed_in(state: ClientState) -> tuple[str, ...]:
    """Return the commands that the table of states allows, as a trail shows them: `.` ends the
    content, `ANSWER` is the next line of a login.
    """
    fitting = (verb for verb, (fits, _) in TRANSITIONS.items() if state in fits)
    return tuple(shown for verb in fitting if (shown := _SHOWN.get(verb, verb)))


class StateFollower:
    """Follows one session."""

    def __init__(self) -> None:
        self._protocol = ClientProtocol()

    def take(self, event: PITrailEvent) -> ClientState:
        """Return the state after this line."""
        if event.direction == TrailDirection.CLIENT:
            self._send(event.message)
        elif event.direction == TrailDirection.SERVER and event.final:
            self._answer(event.message)
        return self._protocol.state

    def _send(self, line: str) -> None:
        try:
            self._protocol.send(_command(line, self._protocol.state))
        except StateError:
            return

    def _answer(self, line: str) -> None:
        code = line[:3]
        if not re.fullmatch(r"[2-5][0-9]{2}", code):
            return
        if self._protocol.waiting:
            command = self._protocol.answer(_reply(int(code)))
            if command.verb == "STARTTLS" and code[0] == "2":
                self._protocol.restart_after_tls()
        if code == "421":
            self._protocol.state = ClientState.CLOSED


def _command(line: str, state: ClientState) -> Command:
    if state is ClientState.AUTH:
        return Command(ANSWER, b"", line)
    if line == END_OF_DATA.shown:
        return END_OF_DATA
    return Command(line.split(" ", 1)[0].upper(), b"", line)
