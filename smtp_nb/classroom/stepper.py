"""Stepper: a conversation one step at a time, with what may come next and a way back.

Its state is a list of steps as text, so that a lesson can keep it and replay it.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from smtp_nb.classroom.diagram import diagram
from smtp_nb.classroom.directions import Say, directions
from smtp_nb.classroom.mirror import EXAMPLES
from smtp_nb.classroom.target import Reachable
from smtp_nb.classroom.terminal import Terminal
from smtp_nb.errors import InputError, StateError
from smtp_nb.model.known import known_attributes
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox.server import SandboxServer
from smtp_nb.sandbox.wire import discreet

_VERB = re.compile(r"[A-Za-z]+")
_ANYTHING = ("data", "login")
"""States in which no command is expected, so that any line is as good as another."""
_TYPED = {**EXAMPLES, "TLS": "<tls>"}


@known_attributes()
class Stepper:
    """A conversation with a server, step by step.

        >>> from smtp_nb.classroom import Stepper
        >>> from smtp_nb.sandbox import SandboxServer
        >>> with SandboxServer(inline=True) as server:
        ...     stepper = Stepper(server)
        ...     stepper.say("EHLO me.test")
        ...     stepper.state
        'greeted'

    Args:
        server: as for `Terminal`.
        name: whose conversation it is.

    Raises:
        InputError, LinkError, TLSError: as `Terminal` does.

    Attributes:
        terminal: the conversation.
        lets_wrong: commands that the state does not allow are sent all the same, and the server
            answers them. Off, they are an error that names what may come.
        server: the sandbox that it talks to; None for a server outside this process.
    """

    server: SandboxServer | None
    terminal: Terminal
    lets_wrong: bool

    def __init__(self, server: Reachable | str, name: str = "") -> None:
        self.server = server if isinstance(server, SandboxServer) else None
        self.lets_wrong = False
        self._lines: list[str] = []
        self.terminal = Terminal(server, name)
        self.terminal.dialogue("")

    def say(self, line: str) -> None:
        """Do one step: a line, `<tls>`, `<wait>` or `<raw 2e0a>`.

        Raises:
            InputError: the state does not allow this command, and `lets_wrong` is off; nothing was
                sent.
            StateError: the conversation is over.
        """
        if self.state == "closed":
            raise StateError(
                "the conversation is over", remedy="Go one step back, or begin a new conversation"
            )
        if "\n" in line.removesuffix("\n"):
            raise InputError("a step is one line", remedy="Do one step after the other")
        self._check(line)
        self._do([line.removesuffix("\n")])

    def say_octets(self, octets: bytes) -> None:
        """Do one step: send bytes as they are, then read what is due.

        Raises:
            InputError: there are none.
            StateError: the conversation is over.
        """
        if not octets:
            raise InputError("there is nothing to send", remedy="Write at least one byte")
        self.say(f"<raw {octets.hex()}>")

    def _do(self, lines: list[str]) -> None:
        for line in lines:
            self.terminal.dialogue(line or "\r\n")
            self.terminal.dialogue("")  # what is due, though bytes as they are wait for nothing
            self._lines.append(line)

    def _check(self, line: str) -> None:
        verb = _VERB.match(line)
        is_line = all(isinstance(one, Say) and one.waits for one in directions(line))
        if self.lets_wrong or self.state in _ANYTHING or not is_line:
            return
        legal = self.legal
        if verb is None or verb[0].upper() not in legal:
            raise InputError(
                f"{verb[0].upper() if verb else 'this'} is not allowed now",
                remedy=f"What may come: {', '.join(legal)}. Or let yourself do wrong",
            )

    def back(self) -> None:
        """Go one step back, by a replay on a new connection.

        Raises:
            StateError: nothing has been said yet.
        """
        if not self._lines:
            raise StateError("nothing has been said yet", remedy="Say something first")
        self._do_again(self._lines[:-1])

    def _do_again(self, lines: list[str]) -> None:
        self.terminal.begin_again()
        self.terminal.dialogue("")
        self._lines = []
        self._do(lines)

    def replay(self, text: str) -> None:
        """Begin a new conversation and do the steps of a text, as `text` has them."""
        self._do_again(text.split("\n") if text else [])

    @property
    def text(self) -> str:
        """The steps so far, one on a line, without what could be a password."""
        follows, shown = False, []
        for line in self._lines:
            octets, follows = discreet(line.encode("utf-8", "surrogateescape"), follows)
            shown.append(octets.decode("utf-8", "replace"))
        return "\n".join(shown)

    @property
    def state(self) -> str:
        """Where the conversation is, as `Terminal.state`."""
        return self.terminal.state

    @property
    def legal(self) -> tuple[str, ...]:
        """What may come next, as `Terminal.legal`."""
        return self.terminal.legal

    @property
    def suggestions(self) -> tuple[str, ...]:
        """A line for each of what may come next, as it may be typed."""
        return tuple(_TYPED.get(one, one) for one in self.legal)

    @property
    def trail(self) -> Trail:
        """The conversation so far."""
        return self.terminal.trail

    @property
    def count(self) -> int:
        """How many steps were done."""
        return len(self._lines)

    @property
    def svg(self) -> str:
        """The state diagram."""
        return diagram(self.state, self.legal)

    def close(self) -> None:
        """End the conversation without a word."""
        self.terminal.close()

    def __repr__(self) -> str:
        return self.forms()[0]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked unless it says otherwise."""
        text, html = self.terminal.forms(show_addresses=show_addresses)
        may = f"What may come now: {', '.join(self.legal) or 'nothing'}"
        return f"{may}\n{text}", f"{self.svg}<p>{escape(may)}</p>{html}"
