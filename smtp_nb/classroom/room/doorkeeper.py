"""Doorkeeper of a class: who a client is, and what strangers may do.

A client is known by its login (`%smtp join`), else by adoption, else, on this machine, by the name
that it gives in EHLO: `ann.class.test` is ann. Whoever is left and does more than come in is a
stranger and gets a number. Plain telnet is welcome on this machine, where it is a lesson. From
another machine, a stranger may say EHLO, STARTTLS, AUTH and QUIT, and anything else gets 530.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import RLock
from weakref import WeakKeyDictionary, WeakSet

from smtp_nb import ambient
from smtp_nb.classroom.room.join_code import folded
from smtp_nb.classroom.room.roster import Roster, label
from smtp_nb.errors import InputError
from smtp_nb.model.known import known_attributes
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import END, GREETING, Request
from smtp_nb.protocol.server.replies import TOO_BIG, say
from smtp_nb.sandbox.door import Door
from smtp_nb.sandbox.names import is_loopback
from smtp_nb.sandbox.session import Session

DOMAIN = "class.test"
"""The server's name, under which the students have theirs: `ann.class.test`, `ann@class.test`."""

JOIN_FIRST = say(530, "5.7.0 Join the class first: %smtp join and the code that the teacher shows")
CROWDED = say(421, "4.7.0 Too many connections from your address")
MAX_WORDS = 200
"""Of an announcement: a line of a reply has 512 bytes (RFC 5321 section 4.5.3.1.5)."""
_LINGER_S = 3.0
_COMING_IN = frozenset({GREETING, "EHLO", "STARTTLS", "AUTH", "QUIT"})
_HARMLESS = _COMING_IN | {"HELO", "NOOP", "RSET"}
_BEGINNINGS = frozenset({"MAIL", "SEND", "SOML", "SAML"})


@known_attributes()
@dataclass(frozen=True, slots=True)
class StrangerLimits:
    """What clients may use who are not of the class.

    Attributes:
        connections: at a time from one address.
        sessions: a minute from one address.
        octets: of a message.
    """

    connections: int = 5
    sessions: int = 10
    octets: int = 1_000_000


class Doorkeeper(Door):
    """Knows the clients of one class."""

    sends_authority = True

    def __init__(
        self,
        roster: Roster,
        limits: StrangerLimits,
        changed: Callable[[], None],
        clock: Callable[[], float] = ambient.monotonic,
    ) -> None:
        self._roster = roster
        self._limits = limits
        self._changed = changed
        self._clock = clock
        self._lock = RLock()
        self._adopted: WeakKeyDictionary[Session, str] = WeakKeyDictionary()
        self._numbers: WeakKeyDictionary[Session, int] = WeakKeyDictionary()
        self._strangers = 0
        self._open: set[Session] = set()
        self._announcement = ""
        self._untold: WeakSet[Session] = WeakSet()
        self._recent: dict[str, deque[float]] = {}

    # What the server asks

    def admit(self, session: Session) -> Reply | None:
        """Refuse an address from which more clients wait at the door than the class can have."""
        most = self._limits.connections + len(self._roster.names)
        with self._lock:
            self._open.add(session)
            unknown = sum(not self.identity(one) for one in self._from(session))
        self._changed()
        return CROWDED if unknown > most else None

    def name_of(self, session: Session) -> str:
        """The student, if known without a login, or `stranger 3`, folded as logins are."""
        return folded(self._title(session))

    def _title(self, session: Session) -> str:
        if name := self.identity(session):
            return name
        number = self._numbers.get(session)
        return f"stranger {number}" if number else ""

    def refusal(self, session: Session, request: Request) -> Reply | None:
        """What a stranger is refused."""
        if self.identity(session):
            return None
        if not is_loopback(_address(session)) and request.stage not in _COMING_IN:
            return JOIN_FIRST
        is_refused = request.stage == "AUTH" and request.reply.code == 535
        if request.stage not in _HARMLESS or is_refused:
            return self._act(session, request)
        return None

    def _act(self, session: Session, request: Request) -> Reply | None:
        """A stranger does something."""
        with self._lock:
            is_new = session not in self._numbers
            self._number(session)
            if is_new and self._is_too_busy(session):
                return CROWDED
        return TOO_BIG if self._size(request) > self._limits.octets else None

    @staticmethod
    def _size(request: Request) -> int:
        """The bytes of a message, as far as they are known."""
        message = request.transaction
        if message is None:
            return 0
        announced = message.parameters.get("SIZE", "0") if request.stage in _BEGINNINGS else "0"
        return max(int(announced), message.size if request.stage in (END, "BDAT") else 0)

    def _is_too_busy(self, session: Session) -> bool:
        open_now = [one for one in self._from(session) if one in self._numbers]
        recent = self._recent.setdefault(_address(session), deque())
        recent.append(self._clock())
        while recent[0] < self._clock() - 60:
            recent.popleft()
        return len(open_now) > self._limits.connections or len(recent) > self._limits.sessions

    def words(self, session: Session) -> str:
        """What the teacher announces, once in each session that was open then."""
        with self._lock:
            is_due = session in self._untold
            self._untold.discard(session)
        return self._announcement if is_due else ""

    def notice(self, session: Session) -> None:
        """Something has happened: the wall shows it."""
        if not session.is_open:
            with self._lock:
                self._open.discard(session)
        self._changed()

    # What the room asks

    def identity(self, session: Session) -> str:
        """The student whose session this is, or an empty text."""
        if session.user:
            return self._roster.find(session.user)
        typed = self._roster.by_label(label(session.student)) if session.student else ""
        if (name := self._adopted.get(session, "") or typed) or not session.hello:
            return name
        word, _, domain = session.hello.lower().partition(".")
        is_here = domain == DOMAIN and is_loopback(_address(session))
        return self._roster.by_label(word) if is_here else ""

    def title(self, session: Session) -> str:
        """Under what the room lists this session: a student, `stranger 3`, or empty for nobody who
        has done anything yet.
        """
        if name := self.identity(session):
            return name
        with self._lock:
            lingers = session.is_open and session.silent_s > _LINGER_S
            if lingers or session.remarks:
                self._number(session)
        return self._title(session)

    def adopt(self, stranger: str, student: str, sessions: Iterable[Session]) -> None:
        """Give a stranger's session to a student.

        Raises:
            InputError: there is no such stranger, or student.
        """
        name = self._roster.find(student)
        there = {title: one for one in sessions if (title := self.title(one))}
        session = there.get(stranger)
        if session is None or self.identity(session):
            known = ", ".join(t for t, one in there.items() if not self.identity(one))
            raise InputError(
                f"{stranger!r} is not here", remedy=f"Strangers: {known or 'none at present'}"
            )
        self._adopted[session] = name
        self._changed()

    def announce(self, text: str) -> int:
        """Add a text to the next reply in each open session. Returns in how many.

        Raises:
            InputError: it does not fit into a reply.
        """
        if not (0 < len(text) <= MAX_WORDS and text.isascii() and text.isprintable()):
            raise InputError(
                f"{text[:60]!r} does not fit into a reply",
                remedy=f"Write up to {MAX_WORDS} printable ASCII characters",
            )
        with self._lock:
            self._announcement = f"the teacher: {text}"
            self._untold = WeakSet(self._open)
            return len(self._untold)

    def forget(self) -> None:
        """Begin again: strangers count from 1."""
        with self._lock:
            self._numbers.clear()
            self._strangers = 0
            self._adopted.clear()
            self._recent.clear()

    def _number(self, session: Session) -> None:
        if session not in self._numbers:
            self._strangers += 1
            self._numbers[session] = self._strangers

    def _from(self, session: Session) -> list[Session]:
        """The open sessions from the same address."""
        return [one for one in self._open if _address(one) == _address(session)]


def _address(session: Session) -> str:
    return session.peer.rpartition(":")[0]
