"""A fault to inject, as data.

It says at which stage it strikes, for whom, how often, and what it does: another reply than the
rules give, a delay before it, an end of the connection before or after it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from smtp_nb.model.display import visible
from smtp_nb.model.doors.typed import typed_arguments
from smtp_nb.model.known import known_attributes
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import END, GREETING, UNKNOWN, Request

ANY = "*"
# How a stage that is no command is called in a sentence.
_MOMENTS = {
    ANY: "any stage",
    GREETING: "the greeting",
    END: "the end of the data",
    UNKNOWN: "an unknown command",
}


class Visitor(NamedTuple):
    """Who is served, as far as is known.

    Attributes:
        peer: the client's address, without its port.
        user: who has logged in or is known by the server's door, or empty.
        hello: the name that it gave, or empty.
        session: the number of its session, 0 for none.
        in_tls: its connection is inside TLS.
    """

    peer: str = ""
    user: str = ""
    hello: str = ""
    session: int = 0
    in_tls: bool = False


NOBODY = Visitor()


@known_attributes()
@typed_arguments
@dataclass(slots=True, repr=False)
class Fault:
    """One thing that goes wrong; `str()` says it in words.

    Attributes:
        name: its name in `FAULTS`.
        stage: a command's name, GREETING, END (of the data), or `*` for any of them.
        code, text: the reply to send instead; 0 leaves the reply as it is.
        delay: seconds to wait before the reply.
        growth: seconds by which each reply that it strikes in a session waits longer than the one
            before.
        gap: seconds between the bytes of the reply; 0 sends it whole.
        is_late: send the reply after the next one, if that command is already here (a group).
        keyword: "+NAME" adds a keyword to the reply to EHLO, "-NAME" leaves it out. The server goes
            on as if it had not.
        hangs: read on, but answer nothing more after the reply, unless it is a refusal.
        tail: bytes to send after the reply, which the client did not ask for.
        is_forged: spoil a login's challenge, so that the server seems not to know the password.
        cut: end the connection "before" or "after" the reply, or "" not at all.
        stored: with a cut before the reply to the end of the data: keep the message all the same.
        once_each: strike only the first time that a client (its user or address) names a recipient
            for a sender: servers with greylisting know the three together (RFC 6647).
        recipient, sender: the addresses that it strikes; `*` and `?` match any letters, several
            recipients are a tuple. A message at its END is struck if one of its recipients is.
        user, peer, hello: strike only this login, address or name given to EHLO, with the same
            `*` and `?`.
        in_clear: strike only before TLS.
        session: only this session, by its number; 0 for all.
        times: how often it strikes; None without end.
        after: how many matches it lets pass first.
        every: of those after, strike only each n-th.
        hits: how often it has struck.
    """

    name: str
    stage: str = ANY
    code: int = 0
    text: str = ""
    delay: float = 0.0
    growth: float = 0.0
    gap: float = 0.0
    is_late: bool = False
    keyword: str = ""
    hangs: bool = False
    tail: str = ""
    is_forged: bool = False
    cut: Literal["", "before", "after"] = ""
    stored: bool = False
    once_each: bool = False
    recipient: str | tuple[str, ...] = ANY
    sender: str = ANY
    user: str = ANY
    peer: str = ANY
    hello: str = ANY
    session: int = 0
    in_clear: bool = False
    times: int | None = None
    after: int = 0
    every: int = 1
    hits: int = 0
    _passed: int = 0
    _met: set[tuple[str, str, str]] = field(default_factory=set)
    _delayed: dict[int, int] = field(default_factory=dict)

    def __str__(self) -> str:
        moment = _MOMENTS.get(self.stage, self.stage)
        effects = list(self._effects()) or ["does nothing"]
        return visible(f"at {moment}: {', '.join([*effects, *self._limits()])}")

    def __repr__(self) -> str:
        return f"<Fault {self.name} {self}; hits: {self.hits}>"

    def _effects(self) -> Iterator[str]:
        if self.code:
            yield f'replies "{self.code} {self.text}"'
        if self.is_forged:
            yield "forges the challenge"
        if self.delay:
            yield f"delays the reply by {self.delay:g} s"
        if self.growth:
            yield f"delays each reply of a session by {self.growth:g} s more than the one before"
        if self.gap:
            yield f"sends the reply byte by byte, {self.gap:g} s apart"
        if self.is_late:
            yield "sends the reply after the next one of its group"
        if self.keyword:
            does = "adds" if self.keyword.startswith("+") else "leaves out"
            yield f"{does} {self.keyword[1:]}"
        if self.hangs:
            yield "answers nothing more after the reply"
        if self.tail:
            yield "adds text after the reply"
        if self.cut:
            kept = " but keeps the message" if self.stored else ""
            yield f"closes the connection {self.cut} the reply{kept}"

    def _limits(self) -> Iterator[str]:
        """For whom and how often it strikes."""
        for name in ("recipient", "sender", "user", "peer", "hello"):
            if (value := getattr(self, name)) != ANY:
                yield f"for {name} {value if isinstance(value, str) else ' or '.join(value)}"
        if self.session:
            yield f"in session {self.session}"
        if self.in_clear:
            yield "before TLS"
        if self.once_each:
            yield "the first time that a client names a recipient for a sender"
        if self.after:
            yield f"after letting {self.after} pass"
        if self.every > 1:
            yield f"one time in {self.every}"
        if self.times is not None:
            yield "once" if self.times == 1 else f"at most {self.times} times"

    def matches(self, request: Request, visitor: Visitor = NOBODY) -> bool:
        """True if the request is one that this fault is about."""
        if self.stage not in (ANY, request.stage) or not self._knows(visitor):
            return False
        return self._knows_sender(request) and self._knows_recipient(request)

    def _knows(self, visitor: Visitor) -> bool:
        if self.session not in (0, visitor.session) or (self.in_clear and visitor.in_tls):
            return False
        wanted = (self.user, self.peer, self.hello)
        known = (visitor.user, visitor.peer, visitor.hello)
        pairs = zip(wanted, known, strict=True)
        return all(one == ANY or _fits(other, (one,)) for one, other in pairs)

    def _knows_sender(self, request: Request) -> bool:
        if self.sender == ANY:
            return True
        transaction = request.transaction
        return transaction is not None and _fits(transaction.sender, (self.sender,))

    def _knows_recipient(self, request: Request) -> bool:
        if self.recipient == ANY:
            return True
        patterns = (self.recipient,) if isinstance(self.recipient, str) else self.recipient
        return any(_fits(address, patterns) for address in _recipients(request))

    def strikes(self, request: Request, visitor: Visitor = NOBODY) -> bool:
        """True if it is due now; counts it."""
        if not self.matches(request, visitor):
            return False
        if self.once_each:
            sender = request.transaction.sender.lower() if request.transaction else ""
            key = visitor.user or visitor.peer, sender, request.address.lower()
            if key in self._met:
                return False
            self._met.add(key)
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        self._passed += 1
        if self._passed % self.every:
            return False
        self.hits += 1
        return True

    def delay_for(self, visitor: Visitor) -> float:
        """The seconds that the reply waits, now that it strikes."""
        if not self.growth:
            return self.delay
        count = self._delayed[visitor.session] = self._delayed.get(visitor.session, 0) + 1
        return self.delay + count * self.growth

    @property
    def reply(self) -> Reply | None:
        """The reply to give instead, if there is one."""
        return Reply(self.code, tuple(self.text.split("\n"))) if self.code else None

    def changed(self, reply: Reply) -> Reply:
        """What becomes of a reply."""
        if self.is_forged and reply.code == 334:
            return Reply(334, (_forged(reply.lines[0]),))
        if self.keyword and reply.code == 250:
            return Reply(250, _with_keyword(reply.lines, self.keyword))
        return reply


def _forged(challenge: str) -> str:
    """The challenge with one byte changed, near its end, in a proof if there is one."""
    octets = bytearray(b64decode(challenge))
    if len(octets) > 6:
        octets[-6] = ord("1" if octets[-6] != ord("1") else "2")
    return b64encode(octets).decode("ascii")


def _with_keyword(lines: tuple[str, ...], keyword: str) -> tuple[str, ...]:
    """The reply to EHLO with one keyword more or less."""
    name = keyword[1:].partition(" ")[0].upper()
    kept = (line for line in lines[1:] if line.partition(" ")[0].upper() != name)
    return (lines[0], *kept, *([keyword[1:]] if keyword.startswith("+") else []))


def _recipients(request: Request) -> Iterable[str]:
    if request.stage == END and request.transaction is not None:
        return [address for address, _ in request.transaction.recipients]
    return [request.address]


def _fits(address: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(address.lower(), pattern.lower()) for pattern in patterns)
