"""A stream of jobs: each one taken comes back once, whatever happens to the connection or the
source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from play.stage import CONTENT, DRIVERS, Jobs, ScriptedStage, dialogue, job, stage
from smtp_nb.compose.raw import RawContent, raw_content
from smtp_nb.errors import ConnectionClosed, LinkError, SMTPError
from smtp_nb.flows.delivering.windows import MAX_WINDOWED
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.receipt import Receipt

PIPELINING = "S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250 PIPELINING\n"
CHUNKING = (
    "S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250-PIPELINING\nS: 250 CHUNKING\n"
)
MAIL = "C: MAIL FROM:<ann@client.test>\n"
OK = "S: 250 2.1.0 ok\n"
GO = "S: 354 go on\n"
QUEUED = "S: 250 2.0.0 Ok: queued as 4F2\n"
BYE = "C: QUIT\nS: 221 bye\n"


def to(name: str) -> str:
    return f"C: RCPT TO:<{name}@server.test>\n"


def alone(name: str) -> str:
    return MAIL + to(name) + "C: DATA\n" + OK + OK + GO + "C...\n" + QUEUED


def addresses(*names: str) -> list[str]:
    return [f"{name}@server.test" for name in names]


def outcomes(jobs: Jobs) -> list[str]:
    return [str(receipt.outcome) for _, receipt in jobs.given]


# -- how many at a time -----------------------------------------------------------------------


class Asked(Jobs):
    """Remembers how many it was asked for."""

    def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
        self.asked = [*getattr(self, "asked", []), most]
        return super().next_jobs(most)


def many(count: int, **properties: Any) -> tuple[Asked, ScriptedStage]:
    """That many messages, one at a time, and what was asked for meanwhile."""
    names = [f"user{number}" for number in range(count)]
    text = PIPELINING + "".join(map(alone, names)) + BYE
    played = ScriptedStage(text, properties)
    jobs = Asked(*addresses(*names))
    played.call("deliver", jobs)
    assert played.is_finished()
    return jobs, played


def test_a_window_begins_at_one_and_doubles():
    jobs, _ = many(12)
    assert jobs.asked == [1, 2, 4, 8, 16]
    assert outcomes(jobs) == ["ACCEPTED"] * 12


def test_a_window_never_grows_beyond_what_was_allowed():
    jobs, _ = many(12, window=3)
    assert jobs.asked == [1, 2, 3, 3, 3, 3]


def test_a_window_shrinks_when_the_server_is_slow():
    text = PIPELINING + alone("a") + alone("b").replace(QUEUED, "-- wait 2\n" + QUEUED)
    text += "".join(map(alone, "cde")) + BYE
    played = ScriptedStage(text, {})
    jobs = Asked(*addresses(*"abcde"))
    played.call("deliver", jobs)
    assert jobs.asked == [1, 2, 1, 2, 4]


def test_results_come_in_the_order_in_which_jobs_were_taken():
    jobs, _ = many(7)
    assert [given.tag for given, _ in jobs.given] == addresses(*(f"user{n}" for n in range(7)))


def test_a_receipt_counts_the_seconds_of_its_message_alone():
    text = PIPELINING + alone("a").replace(QUEUED, "-- wait 3\n" + QUEUED) + alone("b") + BYE
    played = ScriptedStage(text, {})
    jobs = Jobs(*addresses("a", "b"))
    played.call("deliver", jobs)
    assert [receipt.seconds for _, receipt in jobs.given] == [3, 0]


# -- round trips are counted, not timed -------------------------------------------------------


def test_twenty_messages_cost_at_most_three_waits_each():
    _, played = many(20)
    assert played.driver.reads <= 3 * 20


def test_one_message_to_fifty_recipients_costs_four_waits_from_mail_to_quit():
    names = [f"user{number}" for number in range(50)]
    text = PIPELINING + MAIL + "".join(map(to, names)) + "C: DATA\n" + OK * 51 + GO
    played = ScriptedStage(
        text + "C...\n" + QUEUED + BYE,
        {"send_to": ", ".join(addresses(*names)), "StopOnToErrors": False},
    )
    played.call("connect")
    before = played.driver.reads
    assert played.call("send")
    played.call("disconnect")
    assert played.driver.reads - before <= 4


# -- the source fails -------------------------------------------------------------------------


class Broken(Jobs):
    """A source that breaks off: `when` is the method, `after` so many calls of it."""

    def __init__(self, when: str, *groups: str, after: int = 1) -> None:
        super().__init__(*groups)
        self._when, self._left = when, after

    def _count(self, method: str) -> None:
        self._left -= method == self._when
        if self._left < 0:
            raise ZeroDivisionError("the source broke")

    def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
        self._count("next_jobs")
        return super().next_jobs(most)

    def done(self, results: Sequence[tuple[DeliveryJob, Receipt]]) -> None:
        super().done(results)
        self._count("done")


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("when", ["next_jobs", "done"])
def test_a_source_that_breaks_off_ends_the_session_politely(driver, when):
    jobs = Broken(when, *addresses("a", "b", "c"), after=1 if when == "next_jobs" else 0)
    with stage(driver, PIPELINING + alone("a") + BYE, {}) as played:
        with pytest.raises(ZeroDivisionError, match="the source broke"):
            played.call("deliver", jobs)
        assert not played.smtp.connected
    assert outcomes(jobs) == ["ACCEPTED"]
    assert played.is_finished()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_session_that_was_there_before_outlives_a_source_that_breaks_off(driver):
    jobs = Broken("next_jobs", *addresses("a", "b"))
    with stage(driver, PIPELINING + alone("a") + alone("b") + BYE, {}) as played:
        played.call("connect")
        with pytest.raises(ZeroDivisionError):
            played.call("deliver", jobs)
        assert played.smtp.connected
        played.set("send_to", "b@server.test")
        assert played.call("send")
        played.call("disconnect")
    assert played.is_finished()


def test_nothing_to_do_is_no_error():
    played = ScriptedStage(PIPELINING + BYE, {})
    played.call("deliver", Jobs())
    assert played.is_finished()


# -- the content fails ------------------------------------------------------------------------


class Failing:
    """Content whose file is gone after some octets."""

    is_8bit = needs_smtputf8 = False
    message_id = bare = ""
    size = 200_000

    def chunks(self) -> Iterator[bytes]:
        yield b"Subject: x\r\n\r\n" + b"x" * 70_000 + b"\r\n"
        yield b"y" * 70_000 + b"\r\n"
        raise OSError(5, "Input/output error")


def failing(name: str) -> DeliveryJob:
    return replace(job(f"{name}@server.test"), content=Failing())


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("greeting", [PIPELINING, CHUNKING], ids=["DATA", "BDAT"])
def test_content_that_cannot_be_read_is_never_ended(driver, greeting):
    """A dot would make half a message of it; the line is dropped instead."""
    envelope = MAIL + to("a") + "C: DATA\n" + OK + OK + GO
    text = greeting + (envelope if greeting is PIPELINING else "") + "C<999999>\n"
    jobs = Jobs()
    jobs.waiting = [failing("a"), job("b@server.test")]
    with stage(driver, text, {}) as played:
        with pytest.raises(SMTPError, match="could not be read"):
            played.call("deliver", jobs)
        assert not played.smtp.connected
    assert outcomes(jobs) == ["NOT_SENT"]
    assert not played.heard.endswith(b"\r\n.\r\n")
    assert b"LAST" not in played.heard
    if isinstance(played, ScriptedStage):
        assert played.driver.was_aborted


ENVELOPE_B = MAIL + to("b") + "C: DATA\n" + OK + OK + GO
BEHIND_B = "C...\nC: RSET\n" + MAIL + to("c") + "C: DATA\n" + QUEUED + OK + OK + OK + GO
CHUNK_A = MAIL + to("a") + "C: BDAT 28 LAST\nC<28>\n" + OK + OK + QUEUED


@pytest.mark.parametrize(
    ("text", "broken", "wanted"),
    [
        (PIPELINING + alone("a") + ENVELOPE_B, "b", ["NOT_SENT", "NOT_SENT"]),
        (PIPELINING + alone("a") + ENVELOPE_B + BEHIND_B, "c", ["ACCEPTED", "NOT_SENT"]),
        (CHUNKING + CHUNK_A, "b", ["NOT_SENT", "NOT_SENT"]),
        (CHUNKING + CHUNK_A, "c", ["NOT_SENT", "NOT_SENT"]),
    ],
    ids=["DATA, the first", "DATA, the second", "BDAT, the first", "BDAT, the second"],
)
def test_in_a_window_nothing_is_in_doubt_that_was_never_written(text, broken, wanted):
    played = ScriptedStage(text, {"pipelining": "auto"})
    jobs = Jobs("a@server.test")
    jobs.waiting += [
        failing(name) if name == broken else job(f"{name}@server.test") for name in "bc"
    ]
    with pytest.raises(SMTPError, match="could not be read"):
        played.call("deliver", jobs)
    assert outcomes(jobs) == ["ACCEPTED", *wanted]
    assert played.is_finished()
    assert played.driver.was_aborted


# -- what goes into a window ------------------------------------------------------------------


def test_a_large_message_goes_alone():
    """Its round trip matters little, and what may be in doubt is bounded in octets."""
    large = raw_content(b"Subject: x\r\n\r\n" + b"x" * MAX_WINDOWED + b"\r\n")
    text = CHUNKING
    for name, size in (("a", 28), ("b", 28), ("c", large.size)):
        text += MAIL + to(name) + f"C: BDAT {size} LAST\nC<{size}>\n" + OK + OK + QUEUED
    played = ScriptedStage(text + BYE, {"pipelining": "auto"})
    jobs = Jobs(*addresses("a", "b"))
    jobs.waiting.append(replace(job("c@server.test"), content=large))
    played.call("deliver", jobs)
    assert outcomes(jobs) == ["ACCEPTED"] * 3
    assert played.is_finished()


@pytest.mark.covers("SMTP.SendRSET")
def test_a_window_without_rset_is_no_window():
    """Without RSET the next message could go out under the sender of one that was refused."""
    text = PIPELINING + "".join(map(alone, "abc")) + BYE
    played = ScriptedStage(text, {"pipelining": "auto", "SendRSET": False})
    jobs = Jobs(*addresses("a", "b", "c"))
    played.call("deliver", jobs)
    assert outcomes(jobs) == ["ACCEPTED"] * 3


def test_a_stop_switch_keeps_its_message_out_of_windows():
    from smtp_nb.model.enums import RecipientType

    two = "a@server.test b@server.test"
    both = MAIL + to("a") + to("b") + OK + OK + OK + "C: DATA\n" + GO + "C...\n" + QUEUED
    played = ScriptedStage(PIPELINING + both * 3 + BYE, {"pipelining": "auto"})
    jobs = Jobs(two, two, two, stop_on=frozenset({RecipientType.TO}))
    played.call("deliver", jobs)
    assert outcomes(jobs) == ["ACCEPTED"] * 3


def test_what_one_server_stumbled_over_is_no_matter_of_another():
    first = PIPELINING + MAIL + to("a") + "C: DATA\n" + OK + "-- silence\n"
    second = PIPELINING + alone("a") + BYE
    played = ScriptedStage(first + second, {"timeout": 5})
    with pytest.raises(LinkError):
        played.call("deliver", Jobs("a@server.test"))
    played.set("mail_port", 2525)
    played.call("deliver", Jobs("a@server.test"))
    assert played.is_finished()


# -- who held whom back -----------------------------------------------------------------------


def test_who_was_held_back_by_a_switch_reads_why():
    played = ScriptedStage(
        dialogue("stop_before_data"), {"send_to": "bob@server.test, eve@server.test"}
    )
    with pytest.raises(SMTPError) as caught:
        played.call("send")
    bob, eve = caught.value.receipt.recipients
    assert bob.text == "not sent, because eve@server.test was refused"
    assert eve.text == "no such user"
    assert "eve@server.test" in str(caught.value)


def test_refusals_that_stop_nothing_are_told_as_events():
    properties = {"send_to": "bob@server.test, eve@server.test, cat@server.test"}
    played = ScriptedStage(dialogue("partial"), properties | {"StopOnToErrors": False})
    receipt = played.call("send")
    assert receipt.outcome == "PARTIAL"
    (event,) = played.errors
    assert event.error_code == 161
    assert event.description == "eve@server.test: 550 5.1.1 no such user"


def test_a_hung_up_server_gives_back_the_whole_window():
    text = PIPELINING + alone("a") + MAIL + to("b") + "C: DATA\nS: 421 4.7.0 enough\n"
    played = ScriptedStage(text, {"pipelining": "auto"})
    jobs = Jobs(*addresses("a", "b", "c", "d"))
    with pytest.raises(ConnectionClosed, match="enough"):
        played.call("deliver", jobs)
    assert outcomes(jobs) == ["ACCEPTED", "DEFERRED", "NOT_SENT"]
    assert [waiting.tag for waiting in jobs.waiting] == addresses("d")


def test_a_message_is_known_by_its_content():
    assert isinstance(job("a@server.test").content, RawContent)
    assert bytes(job("a@server.test").content) == CONTENT
