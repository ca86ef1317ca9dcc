"""Windows slide: a far server is kept busy, and no more is in doubt than a window."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.sink import EHLO, Conversation
from play.stage import Jobs, ScriptedSMTP
from smtp_nb.drivers.scripted import ScriptedDriver
from smtp_nb.errors import LinkError
from smtp_nb.flows.delivering.batch import Batch
from smtp_nb.flows.intents import Next, Open, Peer, Read, Write
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.receipt import Receipt
from smtp_nb.protocol.extensions import NO_EXTENSIONS

ROUND_TRIP_S = 0.02
MESSAGES = 600
OFFERS = pytest.mark.parametrize("offer", [b"CHUNKING", b"DSN"], ids=["BDAT", "DATA"])


class FarServer(ScriptedDriver):
    """A server that takes everything and answers a round trip later.

    Attributes:
        refused: this many answers come before a refusal; None for no refusal.
        gone: after so many answers nothing is heard of it any more.
    """

    refused: int | None = None
    gone: int | None = None

    def answer_with(self, offer: bytes, round_trip_s: float) -> None:
        lines = [*EHLO, b"250-" + offer, b"250 ENHANCEDSTATUSCODES", b""]
        self.round_trip_s = round_trip_s
        self.conversation = Conversation(b"\r\n".join(lines))
        self.coming = deque([(0.0, b"220 far.test\r\n")])
        self.answers = 0

    def _open(self, intent: Open) -> Peer:
        self.is_open = True
        return self.peer

    def _write(self, intent: Write) -> None:
        for answer in self.conversation.feed(intent.data).splitlines(keepends=True):
            self.answers += 1
            said = b"550 5.7.1 no\r\n" if self.answers == self.refused else answer
            if self.gone is None or self.answers <= self.gone:
                self.coming.append((self.now + self.round_trip_s, said))

    def _read(self, intent: Read) -> bytes:
        self.reads += 1
        if not self.coming:
            return b""
        self.now = max(self.now, self.coming[0][0])
        found = b""
        while self.coming and self.coming[0][0] <= self.now:
            found += self.coming.popleft()[1]
        return found

    def _probe(self) -> None:
        return None

    def _close_one(self, gently: bool) -> None:
        self.is_open, self.was_aborted = False, not gently


class Counted(Jobs):
    """Notes how many are under way, and in how many places others follow them. Each costs a
    little time."""

    def __init__(self, driver: FarServer, *groups: str) -> None:
        super().__init__(*groups)
        self._driver = driver
        self.under_way = self.most = self.followed = 0

    def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
        taken = super().next_jobs(most)
        self.followed += self.under_way > 0
        self.under_way += len(taken)
        self.most = max(self.most, self.under_way)
        self._driver.now += 0.0001 * len(taken)
        return taken

    def done(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        super().done(results)
        self.under_way -= len(results)


def delivered(
    offer: bytes, round_trip_s: float = ROUND_TRIP_S, window: int = 32, **faults: int
) -> tuple[Counted, FarServer]:
    driver = FarServer("")
    driver.answer_with(offer, round_trip_s)
    for name, value in faults.items():
        setattr(driver, name, value)
    smtp = ScriptedSMTP(driver)
    smtp.mail_server, smtp.window = "far.test", window
    jobs = Counted(driver, *(f"user{n}@server.test" for n in range(MESSAGES)))
    with suppress(LinkError) if faults else nullcontext():
        smtp.deliver(jobs)
    return jobs, driver


@OFFERS
@pytest.mark.parametrize("window", [1, 4, 8, 32])
def test_never_more_than_a_window_is_without_an_outcome(offer: bytes, window: int) -> None:
    jobs, _ = delivered(offer, window=window)
    assert jobs.most == window
    assert [str(receipt.outcome) for _, receipt in jobs.given] == ["ACCEPTED"] * MESSAGES
    assert [job.tag for job, _ in jobs.given] == [f"user{n}@server.test" for n in range(MESSAGES)]


def test_a_far_server_answers_while_the_next_messages_are_made() -> None:
    jobs, driver = delivered(b"CHUNKING")
    assert jobs.followed
    windows = MESSAGES / 32
    assert driver.now < (windows + 10) * ROUND_TRIP_S


def test_a_near_server_gets_whole_windows() -> None:
    jobs, _ = delivered(b"CHUNKING", 0.001)
    assert not jobs.followed


@pytest.mark.parametrize(("is_alone", "taken"), [(True, 8), (False, 32)])
def test_a_far_server_gets_whole_windows_where_other_connections_are_at_work(
    is_alone: bool, taken: int
) -> None:
    session: Any = SimpleNamespace(extensions=NO_EXTENSIONS, mails_left=1000)
    batch = Batch(session, is_alone)
    batch.most = 32
    batch.waited(ROUND_TRIP_S)
    assert next(batch.take()) == Next(taken)


def test_without_chunking_a_message_costs_one_round_trip_and_a_window_none() -> None:
    _, driver = delivered(b"DSN")
    assert driver.now < (MESSAGES + 12) * ROUND_TRIP_S + MESSAGES * 0.0001


@pytest.mark.parametrize("place", range(400, 440, 3))
def test_a_refusal_is_that_messages_alone(place: int) -> None:
    """It may be one of a sender, which such a server must not have accepted."""
    jobs, _ = delivered(b"CHUNKING", refused=place)
    outcomes = [str(receipt.outcome) for _, receipt in jobs.given]
    assert jobs.most <= 32
    assert len(outcomes) + len(jobs.waiting) == MESSAGES
    assert len(outcomes) - outcomes.count("ACCEPTED") <= 1


@OFFERS
@pytest.mark.parametrize("place", range(400, 440, 3))
def test_a_server_that_goes_leaves_no_more_than_its_window_in_doubt(
    offer: bytes, place: int
) -> None:
    jobs, driver = delivered(offer, gone=place)
    outcomes = [str(receipt.outcome) for _, receipt in jobs.given]
    assert len(outcomes) + len(jobs.waiting) == MESSAGES
    assert outcomes.count("UNKNOWN") <= (32 if offer == b"CHUNKING" else 1)
    assert set(outcomes) <= {"ACCEPTED", "UNKNOWN", "NOT_SENT"}
    assert driver.was_aborted


class Breaking(Counted):
    """Fails when others are to follow those under way."""

    def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
        if self.under_way:
            raise ZeroDivisionError("the source broke")
        return super().next_jobs(most)


@OFFERS
def test_what_is_under_way_comes_to_its_end_when_the_source_fails(offer: bytes) -> None:
    driver = FarServer("")
    driver.answer_with(offer, ROUND_TRIP_S)
    smtp = ScriptedSMTP(driver)
    smtp.mail_server = "far.test"
    jobs = Breaking(driver, *(f"user{n}@server.test" for n in range(MESSAGES)))
    with pytest.raises(ZeroDivisionError):
        smtp.deliver(jobs)
    assert jobs.under_way == 0
    assert {str(receipt.outcome) for _, receipt in jobs.given} == {"ACCEPTED"}
