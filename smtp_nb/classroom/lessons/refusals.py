"""Lesson 5: replies that mean no, and which of them mean "not now"."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from smtp_nb.classroom.exercises.exercise import Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.exercises.tries import Try, tries_of
from smtp_nb.classroom.lessons.people import addresses, shuffled
from smtp_nb.classroom.lessons.plan import ASIDE, LessonPlan
from smtp_nb.classroom.pictures.drawing import Drawing
from smtp_nb.classroom.pictures.timeline import timeline
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import InputError, SMTPError
from smtp_nb.model.display import counted
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox.server import SandboxServer

RECIPIENTS = addresses(30)
PATIENCE_S = 300
MOST_TRIES = 4
GIVEN_UP_AFTER = 8
"""Tries of one message, however often a student's function asks for another."""
SENDER = "teacher@class.test"

# A student's function: the reply and the number of tries so far; seconds to wait, or None.
Retry = Callable[[Reply, int], float | None]


class Fates(NamedTuple):
    """What the server will say to each recipient."""

    greylisted: tuple[str, ...]
    refused: tuple[str, ...]
    busy: str
    full: str

    @property
    def reachable(self) -> list[str]:
        """Those who can have a message by patience."""
        return [one for one in RECIPIENTS if one not in self.refused and one != self.full]


def fates(word: str) -> Fates:
    """The fates of the class, in the lesson of the student with this word."""
    order = shuffled(RECIPIENTS, word)
    return Fates(tuple(order[:10]), tuple(order[10:15]), order[15], order[16])


class PostRoom:
    """Mail for a class, tried again as long as a function says so.

    Attributes:
        recipients: the addresses to send to.
    """

    def __init__(self, server: SandboxServer) -> None:
        self.recipients = RECIPIENTS
        self._server = server
        self._sessions = len(server.sessions)

    def send(self, retry: Retry, subject: str) -> Drawing:
        """Send a message to each recipient, and ask `retry` after every reply.

        Time passes on the server's own clock, so that an hour of patience takes none.

        Args:
            retry: takes the reply and the number of tries so far (1 after the first). It returns
                the seconds to wait before the next try, or None for no further try.
            subject: of every message.

        Returns:
            The timeline of all tries.

        Raises:
            InputError: `retry` returned something else.
        """
        waiting = [(self._server.clock(), number, 1) for number in range(len(self.recipients))]
        with SMTP.from_url(self._server.url, from_=SENDER, subject=subject) as smtp:
            while waiting:
                moment, number, tries = heappop(waiting)
                self._server.sleep(max(0.0, moment - self._server.clock()))
                reply = _sent(smtp, self.recipients[number])
                pause = _pause(retry(reply, tries))
                if pause is not None and tries < GIVEN_UP_AFTER:
                    heappush(waiting, (self._server.clock() + pause, number, tries + 1))
        sessions = self._server.sessions[self._sessions :]
        return timeline(sessions, show_addresses=True)

    def __repr__(self) -> str:
        return f"<PostRoom: {counted(len(self.recipients), 'message')} to send>"


def _sent(smtp: SMTP, recipient: str) -> Reply:
    smtp.send_to = recipient
    try:
        reply = smtp.send().reply
    except SMTPError as error:
        reply = error.reply
        if reply is None:
            raise
    assert reply is not None  # a message that was accepted has the reply that says so
    return reply


def _pause(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        raise InputError(
            f"retry() returned {value!r:.60}",
            remedy="Return the seconds to wait, or None for no further try",
        )
    return float(value)


def stage(server: SandboxServer, word: str) -> PostRoom:
    """Ten are greylisted, five do not exist, one meets a busy server, one mailbox is full."""
    fate = fates(word)
    text = f"4.7.1 Greylisted, come back in {PATIENCE_S} seconds"
    server.inject("greylist", recipient=fate.greylisted, text=text)
    server.inject("refuse", recipient=fate.refused)
    server.inject("421", stage="RCPT", recipient=fate.busy, times=1)
    server.inject("reply", code=452, text="4.2.2 Mailbox full", recipient=fate.full)
    return PostRoom(server)


@exercise(
    "5.1",
    "write retry(reply, tries): when to try again, and when to stop",
    6,
    hints=(
        "the first digit of reply.code decides: print a few replies and sort them",
        "what the greylisting server says in its text is how long to wait",
        "every reply comes to your function, the 250 too; and a mailbox may stay full",
    ),
)
def retry(seen: Seen) -> Iterator[Criterion]:
    """Every reachable recipient has the message once, and no one is tried too often."""
    tries = [one for one in tries_of(seen.sessions) if one.recipient in RECIPIENTS]
    if not tries:
        yield Criterion("mail was sent to the class", 6, False, "no recipient was named yet")
        return
    fate = fates(seen.nonce)
    arrived = Counter(
        recipient
        for message in seen.messages
        if message.subject == seen.nonce
        for recipient in message.rcpt_tos
    )
    missing = [one for one in fate.reachable if not arrived[one]]
    yield Criterion(
        "everyone who can be reached has it, with your word as its subject",
        2,
        not missing,
        f"{len(missing)} have none, such as {missing[0]}{_last_word(tries, missing[0])}"
        if missing
        else "",
    )
    # Who never tries again keeps all rules of trying again, and has earned nothing by it.
    yield from _manners(tries, arrived, any(arrived[one] for one in fate.greylisted))


def _last_word(tries: list[Try], recipient: str) -> str:
    said = [one.reply for one in tries if one.recipient == recipient and one.reply]
    return f": the last reply was {said[-1].code}" if said else ""


def _manners(tries: list[Try], arrived: Counter[str], is_patient: bool) -> Iterator[Criterion]:
    by_recipient: dict[str, list[Try]] = defaultdict(list)
    for one in tries:
        by_recipient[one.recipient].append(one)
    pairs = [pair for several in by_recipient.values() for pair in pairwise(several)]
    twice = [one for one, count in arrived.items() if count > 1]
    yield _kept("no one has it twice", is_patient, f"{twice[0]} has" if twice else "")
    again = next((a for a, _ in pairs if a.reply and a.reply.code >= 500), None)
    yield _kept(
        "no 5yz was tried again",
        is_patient,
        f"{again.recipient} was tried again after {again.reply.code}"
        if again and again.reply
        else "",
    )
    hasty = next((pair for pair in pairs if _is_hasty(*pair)), None)
    yield _kept(
        f"after a 4yz it waits {PATIENCE_S} s or longer",
        is_patient,
        f"{hasty[1].recipient} was tried again after {hasty[1].seconds - hasty[0].seconds:g} s"
        if hasty
        else "",
    )
    most, several = max(by_recipient.items(), key=lambda item: len(item[1]))
    too_often = len(several) > MOST_TRIES
    yield _kept(
        f"at most {MOST_TRIES} tries of one message",
        is_patient,
        f"{most} was tried {len(several)} times" if too_often else "",
    )


def _kept(name: str, is_patient: bool, fault: str) -> Criterion:
    """A rule of trying again: kept if there is no fault, by a rule that tries again at all."""
    return Criterion(
        name, 1, is_patient and not fault, fault or "those who were put off do not have it yet"
    )


def _is_hasty(before: Try, after: Try) -> bool:
    put_off = before.reply is not None and 400 <= before.reply.code < 500
    return put_off and after.seconds - before.seconds < PATIENCE_S


PLAN = LessonPlan(
    5,
    "Replies that mean no",
    "You can tell a 'not now' from a 'no', and try again as a mail server does.",
    25,
    (retry,),
    {"latency": "20ms", "without": ASIDE},
    stages={"5.1": stage},
)
