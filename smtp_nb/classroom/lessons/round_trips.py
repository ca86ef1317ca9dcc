"""Lesson 9: what a round trip costs, and how PIPELINING and CHUNKING save them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

from smtp_nb.classroom.exercises.exercise import BY_HAND, Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.client.smtp import SMTP
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox.exchanges import Exchange
from smtp_nb.sandbox.server import SandboxServer
from smtp_nb.sandbox.session import Session

# The three ways, by the keywords that the server leaves out.
WAYS = {
    "plain": ("PIPELINING", "CHUNKING"),
    "pipelining": ("CHUNKING",),
    "chunking": (),
}
COUNTS = (1, 5, 10, 20)
TEACHER = "teacher@class.test"
TOLERANCE = 0.1
FIT_TOLERANCE = 0.02


class OwnLine(NamedTuple):
    """A student's own line to the server.

    Attributes:
        messages: how many messages are sent.
        latency_ms: how long a trip to the server and back takes, in milliseconds.
    """

    messages: int
    latency_ms: int


def line_of(word: str) -> OwnLine:
    """The line in the lesson of the student with this word."""
    first, second = sha256(word.encode()).digest()[:2]
    return OwnLine(13 + first % 17, 31 + second % 60)


def own_line(server: SandboxServer, word: str) -> OwnLine:
    """What begins 9.1 and 9.2: nothing has to be prepared."""
    return line_of(word)


def measured(way: str, messages: int, latency_s: float) -> Session:
    """Send messages, one after the other, on one connection, and return the conversation."""
    with (
        SandboxServer(inline=True, latency=latency_s, without=WAYS[way]) as server,
        SMTP.from_url(server.url, from_="ann@class.test", send_to="ben@class.test") as smtp,
    ):
        for _ in range(messages):
            smtp.send()
    return server.sessions[0]


def duration(session: Session) -> float:
    """Seconds from the beginning of the connection to its last line."""
    return session[-1].seconds


@exercise(
    "9.1",
    "predict the seconds for your own line, and count the trips",
    6,
    takes="forecast",
    hints=(
        "count the arrows from client to server: each is followed by one wait",
        "a connection costs something too: EHLO at its beginning, QUIT at its end",
        "seconds = trips x latency; a group of commands is one trip",
    ),
)
def predict(seen: Seen, forecast: object) -> Iterator[Criterion]:
    """Seconds within a tenth, and trips exactly, for each of the three ways."""
    given = forecast if isinstance(forecast, Mapping) else {}
    line = line_of(seen.nonce)
    is_own = given.get("word") == seen.nonce
    for way in WAYS:
        session = measured(way, line.messages, line.latency_ms / 1000)
        seconds, trips = _pair(given.get(way))
        is_near = abs(seconds - duration(session)) <= TOLERANCE * duration(session)
        yield _answered(
            f"{way}: seconds, within a tenth", is_own, is_near, _amount(seconds, "seconds")
        )
        is_exact = trips == session.round_trips
        yield _answered(f"{way}: round trips", is_own, is_exact, _amount(trips, "trips"))


def _pair(value: object) -> tuple[float, float]:
    """Two numbers of a student's; 0 stands for one that is missing."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        return 0.0, 0.0
    first, second = (
        float(one) if isinstance(one, int | float) and not isinstance(one, bool) else 0.0
        for one in value
    )
    return first, second


def _amount(number: float, unit: str) -> str:
    return f"{number:g} {unit} is not what the server saw" if number else f"no {unit} yet"


def _answered(name: str, is_own: bool, is_right: bool, fault: str) -> Criterion:
    if not is_own:
        fault = "the answer's 'word' is not your word"
    return Criterion(name, 1, is_own and is_right, fault)


@exercise(
    "9.2",
    "fit t = a + b·n and read what one message costs",
    3,
    takes="fits",
    hints=(
        "b is the slope: the seconds that one more message costs",
        "a is where the line meets n = 0: the seconds for a connection without a message",
        "two points are enough here: b = (t2 - t1) / (n2 - n1), a = t1 - b * n1",
    ),
)
def fit(seen: Seen, fits: object) -> Iterator[Criterion]:
    """Intercept and slope in seconds, on the student's own line, within two per cent."""
    given = fits if isinstance(fits, Mapping) else {}
    is_own = given.get("word") == seen.nonce
    latency_s = line_of(seen.nonce).latency_ms / 1000
    for way in WAYS:
        times = [duration(measured(way, n, latency_s)) for n in COUNTS[:2]]
        slope = (times[1] - times[0]) / (COUNTS[1] - COUNTS[0])
        truth = times[0] - slope * COUNTS[0], slope
        answer = _pair(given.get(way))
        is_near = all(
            abs(one - other) <= FIT_TOLERANCE * other
            for one, other in zip(answer, truth, strict=True)
        )
        fault = f"a = {answer[0]:g}, b = {answer[1]:g}" if any(answer) else "no (a, b) yet"
        yield _answered(f"{way}: (a, b)", is_own, is_near, fault)


@exercise(
    "9.3",
    "talk ahead twice by hand: once where it is wrong, once where it is right",
    5,
    hints=(
        "HELO does not offer PIPELINING, so nothing may be sent ahead after it",
        "in %%smtp talk, <nowait> sends the lines after it in one group, until <wait>",
        "MAIL, RCPT and DATA may share a group; what comes after DATA waits for the 354",
    ),
)
def talk_ahead(seen: Seen) -> Iterator[Criterion]:
    """A conversation that was caught, and one that used a group as it was offered."""
    talks = list(seen.by_hand)
    if not talks:
        yield Criterion(BY_HAND, 5, False, "nothing has been typed yet")
        return
    caught = [talk for talk in talks if "out-of-turn" in talk.remarks]
    unoffered = [talk for talk in caught if _hello(talk) == "HELO"]
    yield Criterion(
        "after HELO, the server caught you talking ahead",
        2,
        bool(unoffered),
        "it caught you, but after EHLO" if caught else "it has not caught you yet",
    )
    arrived = [talk for talk in talks if _own(talk, seen.nonce)]
    yield Criterion(
        f"a message for {TEACHER}, with your word as its subject",
        1,
        bool(arrived),
        "none has come yet",
    )
    grouped = [talk for talk in arrived if _is_grouped(talk.exchanges)]
    yield Criterion(
        "MAIL, RCPT and DATA of it went in one group",
        1,
        bool(grouped),
        "they came one by one" if arrived else "first the message has to arrive",
    )
    polite = [talk for talk in grouped if "out-of-turn" not in talk.remarks]
    yield Criterion(
        "its content waited for the 354",
        1,
        bool(polite),
        "the content came before its turn" if grouped else "first the group is needed",
    )


def _hello(talk: Session) -> str:
    said = [one.command for one in talk.exchanges if one.command in ("HELO", "EHLO")]
    return said[0] if said else ""


def _own(talk: Session, word: str) -> bool:
    return any(one.subject == word and TEACHER in one.rcpt_tos for one in talk.messages)


def _is_grouped(exchanges: list[Exchange]) -> bool:
    """Whether MAIL, RCPT and DATA came in one read, and DATA was allowed."""
    groups: dict[int, list[str]] = {}
    for one in exchanges:
        groups.setdefault(one.group, []).append(one.command)
    starts = {one.group for one in exchanges if _says(one.reply, 354)}
    return any({"MAIL", "RCPT", "DATA"} <= set(groups[group]) for group in starts)


def _says(reply: Reply | None, code: int) -> bool:
    return reply is not None and reply.code == code


PLAN = LessonPlan(
    9,
    "Fast: pipelining and chunking, measured",
    "You can say how long a mail takes before you send it, and why.",
    30,
    (predict, fit, talk_ahead),
    {"latency": "50ms"},
    {"9.1": own_line, "9.2": own_line},
)
