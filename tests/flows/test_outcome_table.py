"""The outcome table, at every octet: wherever the connection is cut, each recipient's outcome is
right.

What has to come out is worked out here from the dialogue alone: which write a cut falls into, which
replies were whole before it, and what the table says about that.

    RCPT 2yz and a final 2yz                                           ACCEPTED
    4yz to MAIL, RCPT, DATA or the end                                 DEFERRED
    5yz to one of them                                                 REFUSED
    none of these, and the write with the terminator was handed over   UNKNOWN
    as above, before that write                                        NOT_SENT
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import cache

import pytest

from flows.scenarios import FOUR, NO_STOP, THREE
from play.stage import CONTENT, Jobs, dialogue, stage
from smtp_nb.drivers.scripted import parse_dialogue
from smtp_nb.errors import SMTPError
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt

ON_THE_WIRE = CONTENT.replace(b"\r\n.", b"\r\n..") + b".\r\n"


@dataclass(frozen=True)
class Exchange:
    """A dialogue, and the recipients of each message in it."""

    dialogue: str
    messages: tuple[str, ...]
    properties: dict = field(default_factory=dict)


BOB_EVE_CAT = ("bob@server.test", "eve@server.test", "cat@server.test")
EXCHANGES = [
    Exchange("one_command_at_a_time", ("bob@server.test",)),
    Exchange("partial", (THREE,), {"send_to": THREE} | NO_STOP),
    Exchange("partial_ungrouped", (THREE,), {"send_to": THREE} | NO_STOP),
    Exchange("partial_bdat", (THREE,), {"send_to": THREE} | NO_STOP),
    Exchange("partial_bdat_ungrouped", (THREE,), {"send_to": THREE} | NO_STOP),
    Exchange("final_450", ("bob@server.test",)),
    Exchange("final_554", ("bob@server.test",)),
    Exchange("mail_refused_grouped", ("bob@server.test",)),
    Exchange("all_refused_bdat", ("bob@server.test",)),
    Exchange("lone_dot_accepted", ("bob@server.test",)),
    Exchange("window_data", FOUR, {"pipelining": "auto"}),
    Exchange("window_bdat", FOUR, {"pipelining": "auto"}),
    Exchange("window_lone_dot", BOB_EVE_CAT, {"pipelining": "auto"}),
]
ids = [exchange.dialogue for exchange in EXCHANGES]


# -- what a dialogue means, octet by octet ----------------------------------------------------


@dataclass
class Turn:
    """One write of the client's, or all that the server says before the next one.

    Attributes:
        begin, end: octets of this side before and after it.
        commands: verbs in a write that will be answered.
        replies: in what the server says: (offset of the last octet, code).
    """

    is_ours: bool
    begin: int
    data: bytes = b""
    commands: list[str] = field(default_factory=list)
    replies: list[tuple[int, int]] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.begin + len(self.data)


@cache
def turns(name: str) -> list[Turn]:
    """The dialogue as turns. Lines of one side that follow each other are one turn."""
    found: list[Turn] = []
    totals = {True: 0, False: 0}
    for step in parse_dialogue(dialogue(name)):
        is_ours = step.kind.startswith("C")
        if not found or found[-1].is_ours is not is_ours:
            found.append(Turn(is_ours, totals[is_ours]))
        turn = found[-1]
        octets = {"C...": ON_THE_WIRE, "C<n>": CONTENT}.get(step.kind, step.data)
        turn.data += octets
        totals[is_ours] += len(octets)
        if is_ours and step.kind != "C<n>":
            turn.commands.append(_verb(step.kind, octets))
        elif not is_ours and octets[3:4] != b"-":
            turn.replies.append((totals[False], int(octets[:3])))
    return found


def _verb(kind: str, octets: bytes) -> str:
    if kind == "C...":
        return "END"
    if octets == b".\r\n":
        return "VOID"  # a lone dot ends a message that nobody is to get
    return "END" if b" LAST" in octets else octets.split()[0].decode()


def total(name: str, is_ours: bool) -> int:
    return max(turn.end for turn in turns(name) if turn.is_ours is is_ours)


@dataclass
class Seen:
    """What a client can know: commands handed over, and the codes that answered them."""

    commands: list[str] = field(default_factory=lambda: ["BANNER"])
    codes: list[int] = field(default_factory=list)


def cut_at_write(name: str, octets: int, is_begun_at_edge: bool) -> Seen:
    """What was seen if the connection breaks after so many octets of the client's.

    Args:
        is_begun_at_edge: the write that would begin just there was still handed over.
    """
    seen = Seen()
    for turn in turns(name):
        if not turn.is_ours:
            seen.codes += [code for _, code in turn.replies]
            continue
        if octets < turn.begin or (octets == turn.begin and not is_begun_at_edge):
            return seen
        seen.commands += turn.commands
        if octets < turn.end or (octets == turn.end and not is_begun_at_edge):
            return seen
    return seen


def cut_at_read(name: str, octets: int, is_noticed: bool = False) -> Seen:
    """What was seen if the connection breaks after so many octets of the server's.

    Args:
        is_noticed: the client looked at the line before it wrote on, and did not write.
    """
    seen, said = Seen(), -1
    for turn in turns(name):
        if turn.is_ours:
            if is_noticed and said == octets:
                return seen
            seen.commands += turn.commands
            continue
        said = turn.end
        seen.codes += [code for end, code in turn.replies if end <= octets]
        if octets < turn.end:
            return seen
    return seen


# -- the table, a second time -----------------------------------------------------------------


def expected(exchange: Exchange, seen: Seen) -> list[list[str]]:
    """The outcome of every recipient of every message that was begun, in order."""
    answers = [*seen.codes, *[0] * (len(seen.commands) - len(seen.codes))]
    messages: list[list[tuple[str, int]]] = []
    for verb, code in zip(seen.commands, answers, strict=True):
        if verb == "MAIL":
            messages.append([])
        if messages and verb in ("MAIL", "RCPT", "DATA", "END"):
            messages[-1].append((verb, code))
    found = [
        [outcome(message, place) for place in range(count(recipients))]
        for recipients, message in zip(exchange.messages, messages, strict=False)
    ]
    not_begun = exchange.messages[len(found) :]
    return found + [["NOT_SENT"] * count(recipients) for recipients in not_begun]


def count(recipients: str) -> int:
    return recipients.count("@")


def outcome(message: list[tuple[str, int]], place: int) -> str:
    codes = dict(message)
    rcpt = [code for verb, code in message if verb == "RCPT"]
    decisive = [codes["MAIL"], rcpt[place] if place < len(rcpt) else 0, codes.get("DATA", 0)]
    for code in [*decisive, codes.get("END", 0)]:
        if code // 100 in (4, 5):
            return {4: "DEFERRED", 5: "REFUSED"}[code // 100]
    if codes.get("END", 0) // 100 == 2:
        return "ACCEPTED"
    return "UNKNOWN" if "END" in codes else "NOT_SENT"


# -- what comes out ---------------------------------------------------------------------------


def outcomes(driver: str, exchange: Exchange, **cut: int) -> list[list[str]]:
    """The outcome of every recipient of every message that was taken."""
    with stage(driver, dialogue(exchange.dialogue), exchange.properties, **cut) as played:
        if len(exchange.messages) > 1:
            return stream(played, exchange)
        try:
            receipt = played.call("send")
        except SMTPError as error:
            receipt = error.receipt
        assert not played.smtp.connected
        return [names(receipt)]


def names(receipt: Receipt) -> list[str]:
    return [str(result.outcome) for result in receipt.recipients]


def stream(played, exchange: Exchange) -> list[list[str]]:
    jobs = Jobs(*exchange.messages)
    with contextlib.suppress(SMTPError):
        played.call("deliver", jobs)
    assert not played.smtp.connected
    given = [names(receipt) for _, receipt in jobs.given]
    # What was never taken from the source is certainly not sent, and its own business.
    assert len(given) + len(jobs.waiting) == len(exchange.messages)
    return given + [["NOT_SENT"] * count(job.tag) for job in jobs.waiting]


@pytest.mark.parametrize("exchange", EXCHANGES, ids=ids)
def test_a_cut_at_every_octet_that_the_client_writes(exchange):
    for octets in range(total(exchange.dialogue, is_ours=True) + 1):
        seen = cut_at_write(exchange.dialogue, octets, is_begun_at_edge=True)
        found = outcomes("scripted", exchange, cut_after_written=octets)
        assert found == expected(exchange, seen), f"cut after {octets} octets written"


@pytest.mark.parametrize("exchange", EXCHANGES, ids=ids)
def test_a_cut_at_every_octet_that_the_server_says(exchange):
    for octets in range(total(exchange.dialogue, is_ours=False) + 1):
        seen = cut_at_read(exchange.dialogue, octets)
        found = outcomes("scripted", exchange, cut_after_read=octets)
        assert found == expected(exchange, seen), f"cut after {octets} octets read"


# -- the same with sockets: not at every octet, but at every edge -----------------------------

SOCKETS = ("blocking", "asyncio")
STEP = 11


def places(name: str, is_ours: bool) -> list[int]:
    """Both sides of every edge of a turn and of every reply, and some places in between."""
    edges = {0}
    for turn in turns(name):
        if turn.is_ours is is_ours:
            edges |= {turn.begin, turn.end, *(end for end, _ in turn.replies)}
    most = total(name, is_ours)
    near = {edge + side for edge in edges for side in (-1, 0, 1)}
    return sorted(place for place in near | set(range(0, most, STEP)) if 0 <= place <= most)


@pytest.mark.parametrize("driver", SOCKETS)
@pytest.mark.parametrize("exchange", EXCHANGES, ids=ids)
def test_a_line_that_the_server_resets(exchange, driver):
    for octets in places(exchange.dialogue, is_ours=True):
        # The server answers nothing any more at an edge, so the next write is never begun.
        seen = cut_at_write(exchange.dialogue, octets, is_begun_at_edge=False)
        found = outcomes(driver, exchange, cut_after_heard=octets)
        assert found == expected(exchange, seen), f"reset after {octets} octets heard"


@pytest.mark.parametrize("driver", SOCKETS)
@pytest.mark.parametrize("exchange", EXCHANGES, ids=ids)
def test_a_line_that_the_server_closes(exchange, driver):
    for octets in places(exchange.dialogue, is_ours=False):
        # Between two turns of the server's, whether the client sees it in time is a race.
        seen = [cut_at_read(exchange.dialogue, octets, noticed) for noticed in (False, True)]
        found = outcomes(driver, exchange, cut_after_said=octets)
        assert found in [expected(exchange, each) for each in seen], f"closed after {octets} octets"


# -- the oracle itself ------------------------------------------------------------------------


@pytest.mark.parametrize("exchange", EXCHANGES, ids=ids)
def test_without_a_cut_the_oracle_and_the_client_agree_on_the_whole(exchange):
    whole = total(exchange.dialogue, is_ours=False)
    seen = cut_at_read(exchange.dialogue, whole)
    assert len(seen.commands) == len(seen.codes)
    assert outcomes("scripted", exchange) == expected(exchange, seen)


def test_the_cuts_lead_to_every_row_of_the_table():
    found = set()
    for exchange in EXCHANGES:
        for octets in range(total(exchange.dialogue, is_ours=False) + 1):
            seen = cut_at_read(exchange.dialogue, octets)
            found |= {result for message in expected(exchange, seen) for result in message}
    assert found == {
        str(kind)
        for kind in (
            Outcome.ACCEPTED,
            Outcome.DEFERRED,
            Outcome.REFUSED,
            Outcome.UNKNOWN,
            Outcome.NOT_SENT,
        )
    }
