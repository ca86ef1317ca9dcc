"""The same story on both fronts, event by event: order and parameters of everything told."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from client.scenes import (
    ASKED,
    HEAD,
    LISTS,
    ON_A_BAD_DAY,
    WAYS,
    bad_stream,
    each_switch_off,
    expand,
    expand_nothing,
    run_queue,
    send,
    send_long,
    send_stream,
    send_to_one_and_nobody,
    send_twice,
    tell,
    verify,
)
from drivers.fronts import NAMES, Front, letter, open_front
from drivers.peers import Peer, greet, talk
from smtp_nb import TrailDirection
from smtp_nb.errors import RefusedError
from smtp_nb.sandbox import SandboxServer

STEM = re.compile(r"\d{20}-[0-9a-f]{16}")
BOUNDARY = re.compile(rb'boundary="([^"]+)"')


def told(event: Any) -> tuple[Any, ...]:
    """An event without what differs from run to run: its time, the server's certificate and its
    name for a message, our names for boundaries and for files of a queue."""
    assert is_dataclass(event)
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    for name in ("seconds", "cert_encoded"):
        values.pop(name, None)
    if "message" in values:
        values["message"] = values["message"].partition(" queued as ")[0]
    if "description" in values:
        values["description"] = STEM.sub("STEM", values["description"])
    for boundary in BOUNDARY.findall(values.get("text_b", b"")):
        values["text_b"] = values["text_b"].replace(boundary, b"BOUNDARY")
    return (type(event).__name__, *values.items())


CASES = [(ask, way) for ask in ASKED for way in WAYS]
CASES += [
    (ask, way) for ask in (send, send_twice, expand, run_queue, bad_stream) for way in ON_A_BAD_DAY
]


@pytest.mark.parametrize(("ask", "way"), CASES, ids=lambda it: getattr(it, "__name__", it))
def test_both_fronts_tell_the_same_story(ask, way):
    stories = []
    for name in NAMES:
        with open_front(name) as front:
            options = dict((WAYS | ON_A_BAD_DAY)[way])
            stories.append([told(event) for event in tell(front, ask, **options)])
    assert stories[0] == stories[1]
    assert stories[0], "somebody said something"


def names(events: list[Any]) -> list[str]:
    """The kinds of events, lines of the conversation left out and repetitions put together."""
    found: list[str] = []
    for event in events:
        name = type(event).__name__.removesuffix("Event")
        if name != "PITrail" and found[-1:] != [name]:
            found.append(name)
    return found


TRANSFER = ["StartTransfer", "Transfer", "EndTransfer"]


@pytest.mark.covers("SMTP.StartTransfer")
@pytest.mark.covers("SMTP.Transfer")
@pytest.mark.covers("SMTP.EndTransfer")
@pytest.mark.covers("SMTP.ConnectionStatus")
@pytest.mark.parametrize(
    ("ask", "between"),
    [
        (send, TRANSFER),
        (send_stream, TRANSFER),
        (send_long, TRANSFER),
        (send_to_one_and_nobody, [*TRANSFER, "Error"]),
        (verify, []),
        (expand, ["Expand"]),
        (expand_nothing, []),
        (each_switch_off, [*TRANSFER, "Error"]),
        # The content of the refused one left in one group with its recipient.
        (run_queue, [*TRANSFER, *TRANSFER, "Error", *TRANSFER]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_events_come_in_the_order_of_the_reference(front: Front, ask, between):
    ending = ["ConnectionStatus"] if between else []
    assert names(tell(front, ask)) == ["ConnectionStatus", *between, *ending]


@pytest.mark.covers("SMTP.StartTransfer")
@pytest.mark.covers("SMTP.EndTransfer")
def test_an_empty_text_is_no_transfer(front: Front):
    def send_nothing(front: Front, smtp: Any) -> None:
        smtp.message_text = ""
        front.run(smtp.send())

    assert names(tell(front, send_nothing)) == ["ConnectionStatus"]


def transfers(events: list[Any]) -> list[Any]:
    return [event for event in events if type(event).__name__ == "TransferEvent"]


@pytest.mark.covers("Transfer.BytesTransferred")
@pytest.mark.covers("Transfer.PercentDone")
@pytest.mark.covers("Transfer.TextB")
@pytest.mark.covers("Transfer.Direction")
@pytest.mark.parametrize("way", ["plain", "without chunking"])
def test_the_percentage_of_a_file_is_known(front: Front, way):
    events = transfers(tell(front, send_long, **WAYS[way]))
    total = len(HEAD) + 5_000_000
    assert len(events) > 4
    assert [e.bytes_transferred for e in events][-1] == total
    assert sum(len(e.text_b) for e in events) == total
    assert [e.percent_done for e in events] == [e.bytes_transferred * 100 // total for e in events]
    assert {e.direction for e in events} == {TrailDirection.CLIENT}


@pytest.mark.covers("Transfer.PercentDone")
def test_the_percentage_of_what_is_no_file_is_minus_one(front: Front):
    events = transfers(tell(front, send_stream))
    assert [event.percent_done for event in events] == [-1]


@pytest.mark.covers("SMTP.EndTransfer")
def test_a_transfer_that_does_not_come_to_its_end_has_no_end(front: Front):
    events = names(tell(front, bad_stream, **WAYS["without chunking"]))
    assert "StartTransfer" in events
    assert "EndTransfer" not in events


@pytest.mark.covers("SMTP.Expand")
@pytest.mark.covers("Expand.Address")
def test_each_member_of_a_list_is_an_event_fit_for_an_address_property(front: Front):
    heard = tell(front, expand)
    smtp = front.make()
    smtp.send_to = [event.address for event in heard if type(event).__name__ == "ExpandEvent"]
    assert smtp.send_to == ", ".join(LISTS["class"])


@pytest.mark.covers("Expand.Address")
def test_a_member_may_come_with_a_name(front: Front):
    def habit(line) -> None:
        greet(line)
        talk(line, {b"EXPN": b"250-2.1.5 Ann Lee <ann@x.test>\r\n250 2.1.5 <ben@x.test>"})

    with Peer(habit) as peer:
        smtp, heard = front.make(**letter(peer.port)), []
        smtp.on_expand += heard.append
        front.run(smtp.expand("class"))
    assert [event.address for event in heard] == ["Ann Lee <ann@x.test>", "<ben@x.test>"]


@pytest.mark.covers("SMTP.Expand")
def test_252_names_nobody(front: Front):
    def habit(line) -> None:
        greet(line)
        talk(line, {b"EXPN": b"252 2.5.2 I do not tell"})

    with Peer(habit) as peer:
        smtp, heard = front.make(**letter(peer.port)), []
        smtp.on_expand += heard.append
        assert "I do not tell" in front.run(smtp.expand("class"))
    assert heard == []


@pytest.mark.covers("SMTP.Verify", "SMTP.Expand")
@pytest.mark.parametrize(("method", "verb"), [("verify", "VRFY"), ("expand", "EXPN")])
def test_the_sandbox_can_be_told_not_to_tell(front: Front, method, verb):
    with SandboxServer(lists=LISTS) as server:
        server.inject("reply", stage=verb, code=252, text="2.5.2 I do not tell")
        smtp, heard = front.make(**letter(server.port)), []
        smtp.on_expand += heard.append
        assert front.run(getattr(smtp, method)("class")) == "252 2.5.2 I do not tell"
        server.heal()
        server.inject("reply", stage=verb, code=550, text="5.7.1 Not to you", times=1)
        with pytest.raises(RefusedError, match="Not to you"):
            front.run(getattr(smtp, method)("class"))
    assert heard == []


@pytest.mark.covers("StartTransfer.Direction")
@pytest.mark.covers("EndTransfer.Direction")
@pytest.mark.covers("Transfer.Text")
@pytest.mark.covers("SMTP.TransferText")
def test_a_transfer_goes_from_us_and_its_text_is_what_leaves(front: Front):
    heard = tell(front, send)
    kinds = ("StartTransferEvent", "EndTransferEvent", "TransferEvent")
    found = [event for event in heard if type(event).__name__ in kinds]
    assert {int(event.direction) for event in found} == {0}
    assert "It works." in transfers(heard)[0].text


@pytest.mark.covers("Error.ErrorCode")
@pytest.mark.covers("Error.Description")
def test_an_error_that_does_not_raise_has_its_number_and_its_words(front: Front):
    heard = tell(front, send_to_one_and_nobody)
    (error,) = [event for event in heard if type(event).__name__ == "ErrorEvent"]
    assert error.error_code == 161
    assert "nobody@x.test: 550" in error.description


@pytest.mark.covers("PITrail.Direction")
@pytest.mark.covers("PITrail.Message")
def test_each_line_of_the_trail_says_who_speaks(front: Front):
    heard = [e for e in tell(front, verify) if type(e).__name__ == "PITrailEvent"]
    speakers = {e.message.partition(" ")[0]: int(e.direction) for e in heard}
    assert (speakers["VRFY"], speakers["220"], speakers["Remote"]) == (0, 1, 2)


@pytest.mark.covers("SMTP.PITrail")
def test_a_content_is_never_in_the_trail(front: Front):
    heard = tell(front, send_long)
    lines = [e.message for e in heard if type(e).__name__ == "PITrailEvent"]
    assert not any("xxxx" in line for line in lines)


@pytest.mark.covers("ConnectionStatus.ConnectionEvent")
@pytest.mark.covers("ConnectionStatus.StatusCode")
@pytest.mark.covers("ConnectionStatus.Description")
def test_a_line_that_breaks_under_tls_is_told_so(front: Front):
    def hang_up(front: Front, smtp: Any) -> None:
        front.run(smtp.connect())
        smtp.on_pi_trail += lambda event: smtp.interrupt() if event.message == "NOOP" else None
        front.run(smtp.send_command("NOOP"))

    heard = tell(front, hang_up, tls="starttls")
    statuses = [e for e in heard if type(e).__name__ == "ConnectionStatusEvent"]
    assert [e.connection_event for e in statuses] == [
        "Remote host connection complete",
        "SSL handshake complete",
        "SSL connection broken",
        "Remote host disconnected",
    ]
    assert {(e.status_code, e.description) for e in statuses} == {(0, "OK")}


@pytest.mark.covers("ConnectionStatus.ConnectionEvent")
def test_a_proxy_is_told_of_when_it_comes_and_goes(front: Front):
    def tunnel(line) -> None:
        while line.hear():
            pass
        line.say(b"HTTP/1.1 200 OK", b"")
        greet(line)
        talk(line)

    with Peer(tunnel) as proxy:
        smtp = front.make(**letter(25))
        smtp.firewall.firewall_type, smtp.firewall.host = "tunnel", "127.0.0.1"
        smtp.firewall.port = proxy.port
        heard: list[str] = []
        smtp.on_connection_status += lambda event: heard.append(event.connection_event)
        assert front.run(smtp.send())
    assert heard == [
        "Firewall connection complete",
        "Remote host connection complete",
        "Remote host disconnected",
        "Firewall host disconnected",
    ]
