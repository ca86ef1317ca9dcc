"""Limits around a flow, on the virtual clock."""

from __future__ import annotations

import io

import pytest

from play.stage import ScriptedStage
from smtp_nb.drivers.scripted import ScriptedDriver
from smtp_nb.errors import Interrupted, SMTPTimeout
from smtp_nb.flows.intents import Close, Open, Read, Sleep, Write
from smtp_nb.flows.limits import Deadline, throttled, with_timeout

GREETING = "S: 220 mx.test ready\nC* EHLO\nS: 250 mx.test\n"
LETTER = f"{GREETING}C* MAIL\nS: 250 ok\nC* RCPT\nS: 250 ok\nC: DATA\nS: 354 go on\nC...\n"
GOOD_END = "S: 250 ok\nC: QUIT\nS: 221 bye\n"


ENVELOPE = "C* MAIL\nS: 250 ok\nC* RCPT\nS: 250 ok\n"
BY_DATA = f"{GREETING}{ENVELOPE}C: DATA\nS: 354 go on\nC...\n"
BY_BDAT = f"{GREETING[:-13]}250-mx.test\nS: 250 CHUNKING\n{ENVELOPE}C* BDAT\nC<{{size}}>\n"


def sized(octets):
    """A message of exactly so many octets."""
    head = b"Subject: x\r\n\r\n"
    return head + b"y" * (octets - len(head) - 2) + b"\r\n"


def as_text(smtp, content):
    smtp.message = content


def as_file(smtp, content):
    smtp.set_message_stream(io.BytesIO(content))


def as_pieces(smtp, content):
    smtp.set_message_stream(content[at : at + 1000] for at in range(0, len(content), 1000))


@pytest.mark.covers("IPPort.MaxTransferRate")
@pytest.mark.parametrize(
    ("rate", "octets"),
    [(100, 30), (100, 3000), (1000, 30), (1000, 20_000), (2**16, 30), (2**16, 300_000)],
)
@pytest.mark.parametrize("give", [as_text, as_file, as_pieces])
@pytest.mark.parametrize("way", [BY_DATA, BY_BDAT], ids=["DATA", "BDAT"])
def test_the_rate_is_kept_within_five_per_cent(rate, octets, give, way):
    played = ScriptedStage(
        way.format(size=octets) + GOOD_END,
        {"message": "", "MaxTransferRate": rate, "pipelining": "off"},
    )
    give(played.smtp, sized(octets))
    assert played.call("send")
    assert played.is_finished()
    assert len(played.heard) > octets
    assert len(played.heard) / played.driver.now == pytest.approx(rate, rel=0.05)


@pytest.mark.covers("IPPort.MaxTransferRate")
def test_the_rate_holds_from_call_to_call():
    text = GREETING + 20 * (BY_DATA.removeprefix(GREETING) + "S: 250 ok\n") + "C: QUIT\nS: 221 x"
    played = ScriptedStage(text, {"message": sized(50), "MaxTransferRate": 500})
    played.call("connect")
    for _ in range(20):
        assert played.call("send")
    played.call("disconnect")
    assert len(played.heard) / played.driver.now == pytest.approx(500, rel=0.05)


@pytest.mark.covers("IPPort.MaxTransferRate")
def test_pauses_that_last_too_long_are_made_good():
    """A system's sleeps are late by a little, every time."""
    times = [0.0]

    def writes():
        yield Write(b"x" * 1000)

    for intent in throttled(writes(), 500, lambda: times[-1]):
        times.append(times[-1] + (intent.seconds + 0.004 if isinstance(intent, Sleep) else 0))
    assert times[-1] == pytest.approx(2, rel=0.05)


@pytest.mark.covers("IPPort.MaxTransferRate")
def test_without_a_rate_nothing_waits():
    played = ScriptedStage(LETTER + GOOD_END, {})
    assert played.call("send")
    assert played.driver.now == 0


def pieces(flow, answers):
    """The intents of a flow, each answered from the table."""
    found, intent = [], next(flow)
    try:
        while True:
            found.append(intent)
            intent = flow.send(answers.get(type(intent)))
    except StopIteration as stop:
        return found, stop.value


def test_a_throttled_write_is_whole_and_in_order():
    def writes():
        yield Write(b"abcdefghij" * 10, 5)
        return "done"

    found, value = pieces(throttled(writes(), 500, lambda: 0.0), {})
    assert b"".join(i.data for i in found if isinstance(i, Write)) == b"abcdefghij" * 10
    assert all(i.timeout_s == 5 for i in found if isinstance(i, Write))
    assert value == "done"


def test_what_breaks_a_piece_reaches_the_flow_once():
    seen = []

    def writes():
        try:
            yield Write(b"a" * 100)
        except Interrupted as error:
            seen.append(error)
            yield Close(gently=False)

    flow = throttled(writes(), 500, lambda: 0.0)
    assert isinstance(next(flow), Write)
    assert isinstance(flow.send(None), Sleep)
    assert flow.throw(Interrupted("now")) == Close(gently=False)
    assert len(seen) == 1


@pytest.mark.covers("Socket.AbsoluteTimeout")
def test_an_absolute_timeout_limits_the_whole_call():
    slow = LETTER.replace("S:", "-- wait 4\nS:")
    played = ScriptedStage(slow + GOOD_END, {"timeout": 10, "AbsoluteTimeout": True})
    with pytest.raises(SMTPTimeout) as caught:
        played.call("send")
    assert caught.value.code == 201
    assert played.driver.now == 10


@pytest.mark.covers("SMTP.Timeout")
@pytest.mark.covers("Socket.AbsoluteTimeout")
def test_without_it_only_silence_counts():
    slow = LETTER.replace("S:", "-- wait 4\nS:")
    played = ScriptedStage(slow + GOOD_END, {"timeout": 10})
    assert played.call("send")
    assert played.driver.now == 20


@pytest.mark.covers("SMTP.Timeout")
def test_a_timeout_of_zero_waits_as_long_as_it_takes():
    slow = LETTER.replace("S:", "-- wait 4000\nS:")
    played = ScriptedStage(slow + GOOD_END, {"timeout": 0, "AbsoluteTimeout": True})
    assert played.call("send")
    assert played.driver.now == 20000


@pytest.mark.covers("Socket.AbsoluteTimeout")
@pytest.mark.parametrize(
    ("intent", "limited"),
    [
        (Read(None), Read(3)),
        (Read(2), Read(2)),
        (Write(b"a", 60), Write(b"a", 3)),
        (Open("x", 25), Open("x", 25, 3)),
        (Sleep(60), Sleep(3)),
        (Close(), Close()),
    ],
)
def test_each_wait_is_cut_to_what_is_left(intent, limited):
    def asks():
        yield intent

    assert next(with_timeout(asks(), 3, lambda: 0.0)) == limited


def test_after_the_time_is_over_the_line_can_still_be_closed():
    times = iter([0.0, 9.0])

    def asks():
        try:
            yield Read(5)
        except SMTPTimeout:
            yield Close(gently=False)

    assert next(with_timeout(asks(), 3, lambda: next(times))) == Close(gently=False)


def test_both_limits_work_together_on_the_driver():
    def writes():
        yield Open("mx.test", 25)
        yield Write(b"x" * 1000)

    driver = ScriptedDriver("C<1000>")
    with pytest.raises(SMTPTimeout):
        driver.run(with_timeout(throttled(writes(), 10, driver.clock), 5, driver.clock))
    assert len(driver.written) == pytest.approx(50, abs=2)


def test_a_deadline_is_one_end_for_all_waits_and_can_be_put_off():
    now = [0.0]
    deadline = Deadline(lambda: now[0], 5, "the handshake")
    now[0] = 4
    assert deadline.left() == 1
    deadline.put_off(3)
    assert deadline.left() == 4
    now[0] = 8
    with pytest.raises(SMTPTimeout, match="the handshake"):
        deadline.left()


def test_without_seconds_a_deadline_never_comes():
    deadline = Deadline(lambda: 1e9, None, "anything")
    deadline.put_off(5)
    assert deadline.left() is None
