"""Faults to inject, by name, as data.

A fault is one row: at which stage it strikes, for whom, how often, and what it does: another reply
than the rules give, a delay before it, an end of the connection before or after it. `FAULTS` holds
the rows that have a name; `inject` takes a copy of one with other values in it.
"""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

from smtp_nb.errors import InputError
from smtp_nb.model.display import visible
from smtp_nb.model.known import known_attributes
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.command_table import RULES
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
    """

    peer: str = ""
    user: str = ""
    hello: str = ""
    session: int = 0


NOBODY = Visitor()


@known_attributes()
@dataclass(slots=True, repr=False)
class Fault:
    """One thing that goes wrong; `str()` says it in words.

    Attributes:
        name: its name in `FAULTS`.
        stage: a command's name, GREETING, END (of the data), or `*` for any of them.
        code, text: the reply to send instead; 0 leaves the reply as it is.
        delay: seconds to wait before the reply.
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
    times: int | None = None
    after: int = 0
    every: int = 1
    hits: int = 0
    _passed: int = 0
    _met: set[tuple[str, str, str]] = field(default_factory=set)

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
        if self.session not in (0, visitor.session):
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

    @property
    def reply(self) -> Reply | None:
        """The reply to give instead, if there is one."""
        return Reply(self.code, tuple(self.text.split("\n"))) if self.code else None

    def reply_to(self, request: Request) -> Reply | None:
        """The reply to give instead, or what becomes of the one that the rules give."""
        if self.is_forged and request.reply.code == 334:
            return Reply(334, (_forged(request.reply.lines[0]),))
        return self.reply


def _forged(challenge: str) -> str:
    """The challenge with one byte changed, near its end, in a proof if there is one."""
    octets = bytearray(b64decode(challenge))
    if len(octets) > 6:
        octets[-6] = ord("1" if octets[-6] != ord("1") else "2")
    return b64encode(octets).decode("ascii")


def _recipients(request: Request) -> Iterable[str]:
    if request.stage == END and request.transaction is not None:
        return [address for address, _ in request.transaction.recipients]
    return [request.address]


def _fits(address: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(address.lower(), pattern.lower()) for pattern in patterns)


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("refuse", "RCPT", 550, "5.1.1 No such mailbox here"),
        Fault("greylist", "RCPT", 450, "4.7.1 Greylisted, try again later", once_each=True),
        Fault("reply", "RCPT", 451, "4.3.0 Try again later"),
        Fault("421", ANY, 421, "4.3.2 Service shutting down"),
        Fault("slow", delay=0.5),
        Fault("close", "RCPT", cut="before"),
        Fault("wrong_proof", "AUTH", is_forged=True, after=1),
        Fault("bad_challenge", "AUTH", 334, "what?"),
        Fault("starttls_injection", "STARTTLS", tail="250 2.0.0 Injected in clear\r\n"),
        Fault("drop_before_final_reply", END, cut="before"),
        Fault("drop_after_final_reply", END, cut="after"),
    )
}
"""The faults by name. `reply` sends any reply at any stage; `close` ends the connection without
one. `wrong_proof` spoils the last message of SCRAM and DIGEST-MD5 servers; with `after=0` it is
their first challenge."""

_ARGUMENTS = tuple(
    f.name for f in fields(Fault) if f.name not in ("name", "hits", "_met", "_passed")
)


class Action(NamedTuple):
    """What to do about one request."""

    reply: Reply | None = None
    delay: float = 0.0
    tail: str = ""
    cut: str = ""
    stored: bool = False


NO_ACTION = Action()


class FaultTable:
    """The faults in force. Any thread may change them; the server asks at every request.

    Args:
        permanent: faults that no `heal` takes away.
    """

    def __init__(self, permanent: Iterable[Fault] = ()) -> None:
        self._permanent = tuple(permanent)
        self._injected: tuple[Fault, ...] = ()
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._permanent or self._injected)

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults in force, oldest first."""
        return self._permanent + self._injected

    def inject(self, name: str, arguments: dict[str, Any]) -> Fault:
        """Put a fault in force; where two give a reply, the older one does.

        Raises:
            InputError: the fault is unknown, or it does not take one of the arguments.
        """
        fault = make(name, arguments)
        with self._lock:
            self._injected = (*self._injected, fault)
        return fault

    def heal(self, name: str | None) -> None:
        """Take what was injected out of force again, all of it or what has this name."""
        with self._lock:
            self._injected = tuple(f for f in self._injected if name not in (None, f.name))

    def strike(self, request: Request, visitor: Visitor = NOBODY) -> Action:
        """What goes wrong with this request: delays add up, the oldest reply and cut count."""
        due = [fault for fault in self.active if fault.strikes(request, visitor)]
        if not due:
            return NO_ACTION
        cut = next((fault for fault in due if fault.cut), None)
        return Action(
            reply=next(filter(None, (fault.reply_to(request) for fault in due)), None),
            delay=sum(fault.delay for fault in due),
            tail="".join(fault.tail for fault in due),
            cut=cut.cut if cut else "",
            stored=cut.stored if cut else False,
        )


def make(name: str, arguments: dict[str, Any]) -> Fault:
    """A fault by name, with its own values where they are given.

    Raises:
        InputError: the fault is unknown, or it does not take one of the arguments.
    """
    if name not in FAULTS:
        raise InputError(f"unknown fault {name!r}", remedy=_nearest(name, FAULTS))
    for argument in arguments:
        if argument not in _ARGUMENTS:
            raise InputError(
                f"a fault takes no argument {argument!r}", remedy=_nearest(argument, _ARGUMENTS)
            )
    given = dict(arguments)
    if not isinstance(recipient := given.get("recipient", ANY), str):
        given["recipient"] = tuple(recipient)
    if "code" in given:
        given.setdefault("text", _TEXTS.get(given["code"] // 100, ""))
    fault = replace(FAULTS[name], **given, hits=0, _met=set(), _passed=0)
    fault.stage = fault.stage.upper()
    _check(fault)
    return fault


# What a reply says that was given a code only.
_TEXTS = {2: "2.0.0 Ok", 3: "Go ahead", 4: "4.3.0 Try again later", 5: "5.0.0 Refused"}
STAGES = tuple(sorted({ANY, GREETING, END, UNKNOWN, *RULES}))
_ENVELOPE = frozenset({ANY, END, "MAIL", "SEND", "SOML", "SAML", "RCPT", "DATA", "BDAT"})
_NAMED = _ENVELOPE - {"DATA", "BDAT"} | {"VRFY", "EXPN"}


def _check(fault: Fault) -> None:
    stage = fault.stage
    if stage not in STAGES:
        raise InputError(f"stage={stage!r} is unknown", remedy=_nearest(stage, STAGES))
    for name, value, known in (
        ("sender", fault.sender, _ENVELOPE),
        ("recipient", fault.recipient, _NAMED),
    ):
        if value != ANY and stage not in known:
            raise InputError(
                f"at {stage} no {name} is known yet, so this fault would never strike",
                remedy="Say user=, hello=, peer= or session= for whom it is",
            )
    if fault.code and not 200 <= fault.code <= 599:
        raise InputError(f"{fault.code} is not a reply code", remedy="Choose from 200 to 599")
    if fault.cut not in ("", "before", "after"):
        raise InputError(f"cut={fault.cut!r} is unknown", remedy='Use "before" or "after"')


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = get_close_matches(word, names, 1)
    return f"Did you mean {close[0]!r}?" if close else f"Choose from {', '.join(names)}"
