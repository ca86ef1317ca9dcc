"""Feed of a live trail: numbered rows in batches, without thread or browser.

The laws of Jupyter behind it: its server throws messages away beyond a thousand a second, and a
message that is sent before a page listens is lost. So rows are numbered, leave in batches that
grow with the load, never more than twenty batches a second, and are sent again from any number
on when a page says what it has. The page drops what it knows.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

from smtp_nb.model.display import visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.explain import Explanation, explain
from smtp_nb.model.trail.sessions import TrailSession
from smtp_nb.model.trail.tally import Tally, is_refusal
from smtp_nb.protocol.following import StateFollower
from smtp_nb.widgets.content_lines import ContentLine
from smtp_nb.widgets.row_store import Row, RowStore
from smtp_nb.widgets.sender import ViewMessage
from smtp_nb.widgets.trail_words import STATES, page_words

PAUSE_S = 0.05  # at most twenty messages a second
BATCH_ROWS = 4_000
WAITING_ROWS = 200_000  # not sent yet; the older ones make room

MOST_SESSIONS = 2_000  # of which a page is told
MOST_KEYS = 2_000  # texts whose explanation need not be looked up again

TLS, FINAL, REFUSAL, STUFFED = 1, 2, 4, 8
CONTENT = 3  # after the directions of a trail: a line of a message


class TrailFeed:
    """Numbers, keeps and batches the rows of a live trail.

    `add` may be called from any thread and is cheap. `next_message` and `wait_s` belong to the
    one who sends.

    Args:
        clock: seconds from an arbitrary point.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, row_store: RowStore | None = None
    ) -> None:
        self._clock = clock
        self._row_store = row_store or RowStore()
        self._lock = Lock()
        self._waiting: deque[tuple[int, PITrailEvent, TrailSession]] = deque(maxlen=WAITING_ROWS)
        self._last = 0
        self._cursor = 1  # the number of the next row to send
        self._cleared = 1  # rows below it were forgotten on purpose
        self._not_before = 0.0
        self._explained: dict[Explanation, int] = {}
        self._keys: dict[str, int] = {}
        self._told = 0  # explanations that the page knows
        self._news = False
        self._tally = Tally()
        self._sessions: dict[int, TrailSession] = {}
        self._fresh_sessions: set[int] = set()
        self._followers: dict[int, tuple[int, StateFollower]] = {}  # the newest of each connection

    def add(self, event: PITrailEvent, session: TrailSession) -> None:
        """Take a line of a session."""
        with self._lock:
            self._last += 1
            self._waiting.append((self._last, event, session))

    def clear(self) -> None:
        """Forget every line; numbers go on."""
        with self._lock:
            self._waiting.clear()
            self._cleared = self._cursor = self._last + 1
            self._tally = Tally()
            self._sessions.clear()
            self._followers.clear()
            self._news = True

    def replay(self, have: int) -> None:
        """A page has the rows up to `have`: send the others again."""
        with self._lock:
            self._cursor = max(min(self._cursor, have + 1), self._cleared)
            self._told = 0
            self._fresh_sessions = set(self._sessions)
            self._news = True

    def wait_s(self) -> float | None:
        """How long the next message must wait; None if there is nothing to send."""
        if self._cursor > self._last and not self._news:
            return None
        return max(0.0, self._not_before - self._clock())

    def next_message(self) -> ViewMessage | None:
        """The next batch, if it may leave now."""
        if self.wait_s() != 0.0:
            return None
        self._not_before = self._clock() + PAUSE_S
        fresh = [self._row(*line) for line in self._take()]
        self._row_store.extend(fresh)
        return {
            "kind": "rows",
            "rows": self._rows_to_send(fresh),
            "from": self._cleared,
            "tally": self._summary(),
            "words": {} if self._told else page_words(),
            "sessions": self._new_sessions(),
            "explained": self._new_explanations(),
        }

    def _take(self) -> list[tuple[int, PITrailEvent, TrailSession]]:
        with self._lock:
            self._news = False
            size = min(len(self._waiting), BATCH_ROWS)
            return [self._waiting.popleft() for _ in range(size)]

    def _rows_to_send(self, fresh: list[Row]) -> list[Row]:
        with self._lock:
            is_next = bool(fresh) and fresh[0][0] == self._cursor
            rows = fresh if is_next else self._row_store.read(self._cursor, BATCH_ROWS)
            if rows:
                self._cursor = rows[-1][0] + 1
            return rows

    def _row(self, number: int, event: PITrailEvent, session: TrailSession) -> Row:
        if isinstance(event, ContentLine):
            flags = TLS * event.tls | FINAL | STUFFED * event.is_stuffed
            facts = [0, visible(event.message), 0, event.connection, session.number, 0]
            return [number, CONTENT, round(event.seconds, 4), flags, *facts]
        self._tally.add(event)
        self._sessions[session.number] = session
        self._fresh_sessions.add(session.number)
        flags = TLS * event.tls | FINAL * event.final | REFUSAL * is_refusal(event)
        seconds = round(event.seconds, 4)
        text = visible(event.message)
        key = self._explanation_key(event)
        direction = int(event.direction)
        state = STATES[self._follower(session).take(event)]
        facts = [event.group, text, key, event.connection, session.number, state]
        return [number, direction, seconds, flags, *facts]

    def _follower(self, session: TrailSession) -> StateFollower:
        number, follower = self._followers.get(session.connection, (0, None))
        if follower is None or number != session.number:
            follower = StateFollower()
            self._followers[session.connection] = session.number, follower
        return follower

    def _explanation_key(self, event: PITrailEvent) -> int:
        if event.direction == TrailDirection.INFO:
            return 0
        text = _explained_text(event)
        if (key := self._keys.get(text)) is None:
            if len(self._keys) >= MOST_KEYS:
                self._keys.clear()
            key = self._explained.setdefault(explain(text), len(self._explained) + 1)
            self._keys[text] = key
        return key

    def _new_explanations(self) -> dict[int, dict[str, str]]:
        known = list(self._explained.items())[self._told :]
        self._told = len(self._explained)
        return {key: _as_words(explanation) for explanation, key in known}

    def _new_sessions(self) -> dict[int, dict[str, object]]:
        """What the page does not know of the sessions yet; a line may have told their user."""
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        fresh, self._fresh_sessions = self._fresh_sessions, set()
        found = filter(None, map(self._sessions.get, sorted(fresh)))
        return {
            session.number: {
                "connection": session.connection,
                "began": round(session.began, 3),
                "server": visible(session.server),
                "user": visible(session.user),
            }
            for session in found
        }

    def _summary(self) -> dict[str, object]:
        return {
            "lines": self._tally.lines,
            "trips": self._tally.round_trips,
            "refusals": self._tally.refusals,
            "seconds": round(self._tally.seconds, 3),
            "tls": self._tally.protected,
        }


def _explained_text(event: PITrailEvent) -> str:
    """As much of a line as its explanation depends on."""
    if is_refusal(event):
        return event.message
    if event.direction == TrailDirection.SERVER:
        # The code, and an enhanced code or a keyword of EHLO: the rest says no more.
        return " ".join(event.message.split(" ", 2)[:2])
    return event.message.partition(" ")[0]


def _as_words(explanation: Explanation) -> dict[str, str]:
    return {
        "title": visible(explanation.title),
        "why": visible(explanation.cause),
        "do": visible(explanation.remedy),
        "source": explanation.source,
    }
