"""Terminal: an SMTP conversation by hand, with any bytes.

What is sent leaves as it is, and so does what is wrong with it: the server refuses it, not we. The
way back is a replay: a new connection on which all but the last step is done again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from smtp_nb.classroom.conversation import Conversation
from smtp_nb.classroom.directions import Await, Direction, Say, Secure, directions
from smtp_nb.classroom.replies import Replies
from smtp_nb.classroom.target import Reachable, target_of
from smtp_nb.errors import ConnectionClosed, LinkError, StateError
from smtp_nb.model.display import masked, visible
from smtp_nb.model.known import known_attributes
from smtp_nb.model.reply import Reply
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox.session import ABANDONED, Session


@dataclass(frozen=True, slots=True)
class _Step:
    """What was done: bytes that were said, the handshake (None), and the replies read after it."""

    octets: bytes | None
    has_read: bool = False


@known_attributes()
class Terminal:
    """A person's conversation with a server.

        >>> from smtp_nb.classroom import Terminal
        >>> from smtp_nb.sandbox import SandboxServer
        >>> with SandboxServer(inline=True) as server, Terminal(server, name="ann") as terminal:
        ...     terminal.line("HELO me.test")
        ...     print(terminal.read())
        220 sandbox.test ESMTP smtp_nb sandbox
        250 sandbox.test greets me.test

    Args:
        server: a running `SandboxServer`, inline or not, something else that has a `url`, or a URL.
            A login in the URL is not used. Other machines than this one are refused.
        name: whose conversation it is.
        unsafe: other machines are allowed too: raw bytes reach them.
        timeout: seconds to wait for a reply that is due.

    Raises:
        InputError: not a server, or one on another machine; no byte was sent.
        LinkError, TLSError: could not connect.

    Attributes:
        name: whose conversation it is.
    """

    name: str

    def __init__(
        self,
        server: Reachable | str,
        name: str = "",
        *,
        unsafe: bool = False,
        timeout: float = 10.0,
    ) -> None:
        self.name = name
        self._target = target_of(server)
        self._timeout, self._unsafe = timeout, unsafe
        self._steps: list[_Step] = []
        self._talk = self._connected()

    def _connected(self) -> Conversation:
        return Conversation(self._target, self.name, self._timeout, unsafe=self._unsafe)

    @property
    def trail(self) -> Trail:
        """The conversation so far, with what the sandbox has to remark upon."""
        return self._talk.transcript.trail

    # Speaking

    def send(self, octets: bytes) -> None:
        """Send bytes as they are, and wait for nothing.

        Raises:
            StateError: the connection is closed.
            LinkError: it was lost.
        """
        self._talk.say(bytes(octets))
        self._steps.append(_Step(bytes(octets)))

    def line(self, text: str) -> None:
        """Send a line with CRLF, in UTF-8, and wait for nothing.

        Raises:
            StateError, LinkError: as `send`.
        """
        self.send(f"{text}\r\n".encode("utf-8", "surrogateescape"))

    def read(self) -> Replies:
        """Await for all replies that are due, or for the next one if none is, and return them.

        Raises:
            SMTPTimeout: none came in time; says what the server waits for. The connection stays.
            ConnectionClosed: the server has ended the connection.
            LinkError: what came is not a reply; the connection cannot be trusted any more.
        """
        found: list[Reply] = []
        while self._talk.mirror.is_owed or not found:
            reply = self._next()
            if reply is None:
                break
            found.append(reply)
        if not found:
            raise ConnectionClosed(
                "the server has ended the connection",
                remedy="Go one step back, or begin a new conversation",
            )
        return Replies(found)

    def _next(self) -> Reply | None:
        reply = self._talk.next_reply()
        if reply is not None and self._steps:
            self._steps[-1] = replace(self._steps[-1], has_read=True)
        return reply

    def starttls(self) -> None:
        """Say STARTTLS, unless that was just said, and run the handshake.

        Raises:
            StateError: the server refused STARTTLS; the connection stays.
            PlaintextInjected, TLSError: the connection is closed.
        """
        count = len(self._steps)
        if not self._talk.mirror.takes_handshake:
            self.line("STARTTLS")
            reply = self.read()
            if not self._talk.mirror.takes_handshake:
                raise StateError(
                    f"the server refused STARTTLS: {visible(str(reply[-1]))}",
                    remedy="See what it offers in its reply to EHLO",
                )
        self._talk.start_tls()
        self._steps[count:] = [_Step(None)]  # what was said for it is part of it

    def dialogue(self, text: str) -> Replies:
        """Say several lines, waiting for the replies to each as a person does.

        What goes wrong stands in the trail, and the rest is said all the same while there is a
        connection.

        Args:
            text: one line each, as it is sent; `<wait>`, `<nowait>`, `<tls>` and `<raw 2e0a>` as in
                `%%smtp talk`.

        Returns:
            The replies.

        Raises:
            InputError: what stands after `<raw` is not hexadecimal; nothing was sent.
            TLSError: the handshake failed.
        """
        found = list(self._settle())
        left = directions(text)
        while left:
            if self._talk.is_over:
                count = len(left)
                self._talk.transcript.remark(
                    f"the conversation is over; {count} line{'s were' * (count > 1)}"
                    f"{' was' * (count == 1)} not said"
                )
                break
            found += self._follow(left.pop(0))
        return Replies(found)

    def _follow(self, direction: Direction) -> Replies:
        match direction:
            case Say():
                self.send(direction.octets)
                return self._settle() if direction.waits else Replies()
            case Await():
                return self._settle(
                    is_asked=not self._talk.mirror.is_owed and self._talk.mirror.is_midway
                )
            case Secure():
                try:
                    self.starttls()
                except StateError as error:
                    self._talk.transcript.remark(error.description)
        return Replies()

    def _settle(self, *, is_asked: bool = False) -> Replies:
        """Read what is due, and note what does not come."""
        if not (self._talk.mirror.is_owed or is_asked):
            return Replies()
        try:
            return self.read()
        except LinkError as error:
            self._talk.transcript.remark(error.description)
            return Replies()

    # Looking

    @property
    def state(self) -> str:
        """Where the conversation is, by the replies that were read: connected, greeted, mail, rcpt,
        data, login, tls or closed.
        """
        return self._talk.mirror.state

    @property
    def legal(self) -> tuple[str, ...]:
        """What the state allows: commands, or "." in content, "*" in a login, "TLS" where the
        handshake has to come, and nothing after QUIT.
        """
        return self._talk.mirror.legal

    @property
    def waiting(self) -> str:
        """What the server waits for, in words."""
        return self._talk.waiting

    @property
    def session(self) -> Session | None:
        """The conversation as the sandbox saw it; None for a server outside this process."""
        return self._talk.claim()

    @property
    def remarks(self) -> list[str]:
        """What the sandbox has to remark upon, by key; empty for other servers."""
        session = self.session
        return [] if session is None else session.remarks

    # Going back, and leaving

    def back(self) -> None:
        """Go one step back: do all but the last one again, on a new connection.

        What was delivered stays delivered.

        Raises:
            StateError: nothing has been said yet; nothing happens.
            SMTPError: could not connect again; the old connection is closed.
        """
        if not self._steps:
            raise StateError("nothing has been said yet", remedy="Say something first")
        steps = self._steps[:-1]
        self.begin_again()
        self._replay(steps)

    def begin_again(self) -> None:
        """Leave this conversation, without a remark about that, for one on a new connection.

        Raises:
            SMTPError: could not connect again; the old connection is closed.
        """
        if self.session is not None:
            self.session.by = ABANDONED
        self.close()
        self._talk, self._steps = self._connected(), []

    def _replay(self, steps: list[_Step]) -> None:
        if self._talk.mirror.is_owed and (not steps or steps[0].has_read):
            self.read()
        for step in steps:
            if step.octets is None:
                self.starttls()
                continue
            self.send(step.octets)
            if step.has_read and self._talk.mirror.is_owed:
                self.read()

    def close(self) -> None:
        """End the connection without a word: QUIT is for you to say."""
        self._talk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _title(self, show: Callable[[str], str]) -> str:
        whose = f", {visible(self.name)}" if self.name else ""
        where = visible(self._target.settings.host)
        is_over = self.waiting.startswith("nothing: ")
        place = f"{self.state}, waiting for: {self.waiting}"
        how = self.waiting.removeprefix("nothing: ") if is_over else place
        return show(f"Conversation by hand{whose} at {where}: {how}")

    def __str__(self) -> str:
        """The conversation in full."""
        return str(self.trail)

    def __repr__(self) -> str:
        """Where it is, and the conversation, addresses masked."""
        return self.forms()[0]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked unless it says otherwise."""
        return self._talk.transcript.forms(
            self._title(str if show_addresses else masked), show_addresses
        )
