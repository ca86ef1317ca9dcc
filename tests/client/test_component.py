"""What the methods of the component do, and what they leave behind; the same on both fronts."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.fronts import THREE, Front, letter, said
from drivers.peers import Peer
from smtp_nb import Outcome, RecipientType, SMTPError
from smtp_nb.errors import (
    ConnectionClosed,
    DeferredError,
    ExtensionError,
    InjectionError,
    InputError,
    LinkError,
    MissingError,
    RefusedError,
    ReplyError,
)
from smtp_nb.sandbox import SandboxServer

# -- send ---------------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.Send")
def test_a_receipt_tells_what_became_of_the_message(front: Front) -> None:
    with SandboxServer(tls="starttls", auth={"alice": "wonderland"}) as server:
        smtp = front.SMTP.from_url(server.url, from_="ann@example.test", message_text="Hi", **THREE)
        receipt = front.run(smtp.send())
        (message,) = server.messages
    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt
    assert [(r.address, r.kind, r.outcome, r.code) for r in receipt.recipients] == [
        ("to@example.test", RecipientType.TO, Outcome.ACCEPTED, 250),
        ("cc@example.test", RecipientType.CC, Outcome.ACCEPTED, 250),
        ("bcc@example.test", RecipientType.BCC, Outcome.ACCEPTED, 250),
    ]
    assert receipt.queue_id == message.queue_id
    assert receipt.message_id == message.parsed["Message-ID"]
    assert receipt.size == message.size
    assert receipt.reply.code == 250
    assert str(receipt.tls) == str(message.tls)
    assert receipt.seconds > 0


@pytest.mark.covers("SMTP.Send")
def test_send_closes_the_connection_that_it_opened(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        front.run(smtp.send())
        front.run(smtp.send())
        assert not smtp.connected
        assert [said(server, number)[-1] for number in (0, 1)] == ["QUIT", "QUIT"]


@pytest.mark.covers("SMTP.Connect", "SMTP.Disconnect")
def test_send_leaves_a_connection_of_the_users_open(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            for _ in range(3):
                front.run(smtp.send())
            assert smtp.connected
        assert len(server.sessions) == 1
        assert len(server.messages) == 3


@pytest.mark.parametrize("by_user", [True, False])
@pytest.mark.parametrize(
    ("fault", "error", "outcome"),
    [
        ({"name": "refuse"}, RefusedError, Outcome.REFUSED),
        ({"name": "greylist"}, DeferredError, Outcome.DEFERRED),
        ({"name": "reply", "stage": "MAIL", "code": 550}, RefusedError, Outcome.REFUSED),
        ({"name": "reply", "stage": "END", "code": 451}, DeferredError, Outcome.DEFERRED),
        ({"name": "reply", "stage": "END", "code": 554}, RefusedError, Outcome.REFUSED),
    ],
    ids=["RCPT 5yz", "RCPT 4yz", "MAIL 5yz", "end 4yz", "end 5yz"],
)
def test_a_refusal_raises_with_the_receipt_and_spoils_nothing(
    front: Front, by_user: bool, fault: dict[str, Any], error: type[SMTPError], outcome: Outcome
) -> None:
    with SandboxServer() as server:
        server.inject(times=1, **fault)
        smtp = front.make(**letter(server.port))
        if by_user:
            front.run(smtp.connect())
        with pytest.raises(error) as caught:
            front.run(smtp.send())
        assert caught.value.code == 161
        assert caught.value.receipt.outcome is outcome
        assert caught.value.reply == caught.value.receipt.reply
        assert caught.value.connection_survives
        assert smtp.connected is by_user
        assert server.messages == []
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        front.run(smtp.disconnect())
        assert len(server.sessions) == (1 if by_user else 2)
        assert said(server)[-1] == "QUIT"


@pytest.mark.parametrize(
    ("fault", "error", "outcome", "copies"),
    [
        ({"name": "close"}, ConnectionClosed, Outcome.NOT_SENT, 0),
        ({"name": "421", "stage": "RCPT"}, LinkError, Outcome.DEFERRED, 0),
        ({"name": "drop_before_final_reply"}, ConnectionClosed, Outcome.UNKNOWN, 0),
        ({"name": "drop_before_final_reply", "stored": True}, LinkError, Outcome.UNKNOWN, 1),
    ],
    ids=["before the content", "421", "at the end, lost", "at the end, stored"],
)
def test_a_line_that_breaks_raises_with_the_receipt(
    front: Front, fault: dict[str, Any], error: type[SMTPError], outcome: Outcome, copies: int
) -> None:
    with SandboxServer(without=["CHUNKING"]) as server:
        server.inject(times=1, **fault)
        smtp = front.make(**letter(server.port))
        with front.connected(smtp), pytest.raises(error) as caught:
            front.run(smtp.send())
        assert caught.value.receipt.outcome is outcome
        assert not caught.value.connection_survives
        assert not smtp.connected
        assert len(server.messages) == copies
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED


def test_what_follows_the_final_reply_changes_nothing(front: Front) -> None:
    with SandboxServer() as server:
        server.inject("drop_after_final_reply")
        smtp = front.make(**letter(server.port))
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert not smtp.connected


@pytest.mark.covers("SMTP.StopOnCcErrors", "SMTP.Error", "Error.ErrorCode")
def test_some_recipients_are_refused_and_the_switch_is_off(front: Front) -> None:
    with SandboxServer(refuse=["cc@*"]) as server:
        smtp = front.make(**letter(server.port, **THREE))
        smtp.config("StopOnCcErrors=False")
        errors = []
        smtp.on_error += errors.append
        receipt = front.run(smtp.send())
        assert server.messages[0].rcpt_tos == ("to@example.test", "bcc@example.test")
    assert receipt.outcome is Outcome.PARTIAL
    assert [r.outcome for r in receipt.recipients] == ["ACCEPTED", "REFUSED", "ACCEPTED"]
    assert receipt.recipients[1].code == 550
    assert receipt.recipients[1].enhanced_code == "5.1.1"
    assert len(errors) == 1
    assert "cc@example.test" in errors[0].description


@pytest.mark.parametrize(
    ("refused", "stops"), [("to@*", True), ("cc@*", True), ("bcc@*", False)], ids=THREE
)
def test_the_stop_switches_are_on_for_to_and_cc(front: Front, refused: str, stops: bool) -> None:
    with SandboxServer(refuse=[refused]) as server:
        smtp = front.make(**letter(server.port, **THREE))
        if not stops:
            assert front.run(smtp.send()).outcome is Outcome.PARTIAL
            return
        with pytest.raises(RefusedError) as caught:
            front.run(smtp.send())
        assert server.messages == []
    assert Outcome.ACCEPTED not in {r.outcome for r in caught.value.receipt.recipients}


def test_nobody_left_is_an_error_whatever_the_switches_say(front: Front) -> None:
    with SandboxServer(refuse=["*"]) as server:
        smtp = front.make(**letter(server.port, **THREE))
        for kind in ("To", "Cc"):
            smtp.config(f"StopOn{kind}Errors=False")
        with pytest.raises(RefusedError) as caught:
            front.run(smtp.send())
        assert server.messages == []
    assert caught.value.receipt.outcome is Outcome.REFUSED


def test_what_the_server_lacks_fails_before_mail_and_spoils_nothing(front: Front) -> None:
    with SandboxServer(without=["SMTPUTF8"]) as server:
        smtp = front.make(**letter(server.port, send_to="zoë@example.test"))
        with front.connected(smtp):
            with pytest.raises(ExtensionError, match="SMTPUTF8") as caught:
                front.run(smtp.send())
            assert caught.value.receipt.outcome is Outcome.NOT_SENT
            smtp.send_to = "zoe@example.test"
            assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert len([line for line in said(server) if line.startswith("MAIL")]) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"mail_server": ""}, 163),
        ({"from_": ""}, 164),
        ({"send_to": ""}, 165),
        ({"mail_port": 0}, 116),
    ],
    ids=str,
)
def test_what_is_missing_is_said_before_any_connection(
    front: Front, change: dict[str, Any], code: int
) -> None:
    with Peer(lambda line: line.stall()) as peer:
        smtp = front.make(**letter(peer.port, **change))
        with pytest.raises(InputError) as caught:
            front.run(smtp.send())
        assert peer.visits == 0
    assert caught.value.code == code
    assert caught.value.remedy


@pytest.mark.covers("SMTP.AllowEmptyTo")
def test_cc_alone_needs_allow_empty_to(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, send_to="", cc="cc@example.test"))
        with pytest.raises(MissingError, match="AllowEmptyTo"):
            front.run(smtp.send())
        smtp.config("AllowEmptyTo=True")
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED


def test_the_return_path_is_the_sender(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, return_path="bounces@example.test"))
        front.run(smtp.send())
        assert server.messages[0].mail_from == "bounces@example.test"
        assert server.messages[0].parsed["From"] == "ann@example.test"


# -- small talk ---------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.Verify")
def test_verify_asks_whether_a_mailbox_exists(front: Front) -> None:
    with SandboxServer(auth={"alice": "wonderland"}) as server:
        smtp = front.SMTP.from_url(server.url)
        with front.connected(smtp):
            assert "alice" in front.run(smtp.verify("alice"))
            with pytest.raises(ReplyError) as caught:
                front.run(smtp.verify("nobody"))
            assert caught.value.connection_survives
            assert smtp.connected
        assert "alice" in front.run(smtp.verify("alice"))
        assert not smtp.connected


@pytest.mark.covers("SMTP.Expand", "Expand.Address")
def test_expand_tells_each_member(front: Front) -> None:
    members = ["ann@example.test", "Ben <ben@example.test>"]
    with SandboxServer(lists={"class": members}) as server:
        smtp = front.make(**letter(server.port))
        found = []
        smtp.on_expand += lambda event: found.append(event.address)
        reply = front.run(smtp.expand("class"))
        with pytest.raises(ReplyError):
            front.run(smtp.expand("nobody"))
    assert len(found) == 2
    assert "ann@example.test" in found[0]
    assert all(member in reply for member in found)


@pytest.mark.covers("SMTP.SendCommand", "SMTP.LastReply")
@pytest.mark.parametrize("verb", ["MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>"])
def test_a_refused_mail_or_rcpt_by_hand_leaves_the_state_as_it_was(front: Front, verb: str) -> None:
    stage = verb[:4]
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        front.run(smtp.connect())
        if stage == "RCPT":
            assert front.run(smtp.send_command("MAIL FROM:<a@b.test>"))[:3] == "250"
        assert front.run(smtp.send_command(f"{stage} nonsense"))[:3] == "501"
        server.inject("refuse", stage=stage, code=451, times=1)
        assert front.run(smtp.send_command(verb))[:3] == "451"
        assert front.run(smtp.send_command(verb))[:3] == "250"
        assert front.run(smtp.send_command("RSET"))[:3] == "250"
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        front.run(smtp.disconnect())


def test_send_command_gives_the_reply_good_or_bad(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            assert front.run(smtp.send_command("noop"))[:3] == "250"
            assert front.run(smtp.send_command("HELP")).count("\n") >= 0
            assert front.run(smtp.send_command("XYZZY"))[:1] == "5"
            assert smtp.last_reply[:1] == "5"
            assert front.run(smtp.send()).outcome is Outcome.ACCEPTED


@pytest.mark.covers("SMTP.SendCommand")
@pytest.mark.covers("SMTP.LastReply")
def test_the_last_reply_is_that_of_the_call_not_of_the_goodbye(front: Front) -> None:
    with SandboxServer(lists={"class": ["ann@x.test"]}, refuse=["nobody@*"]) as server:
        smtp = front.make(**letter(server.port))
        assert front.run(smtp.expand("class")) == smtp.last_reply
        with front.connected(smtp):
            assert front.run(smtp.send_command("HELP")) == smtp.last_reply
        assert str(front.run(smtp.send()).reply) == smtp.last_reply
        smtp.send_to = "nobody@x.test"
        with pytest.raises(RefusedError):
            front.run(smtp.send())
        assert smtp.last_reply[0] == "5"
        front.run(smtp.connect())
        front.run(smtp.disconnect())
        assert smtp.last_reply[:3] == "221", "this time it was asked for"


@pytest.mark.parametrize("command", ["", " ", "DATA", "auth PLAIN x", "BDAT 3", "QUIT", "STARTTLS"])
def test_a_command_that_needs_more_than_a_line_is_refused(front: Front, command: str) -> None:
    with Peer(lambda line: line.stall()) as peer:
        smtp = front.make(**letter(peer.port))
        with pytest.raises(InputError) as caught:
            front.run(smtp.send_command(command))
        assert peer.visits == 0
    assert caught.value.remedy


def test_a_command_is_one_line(front: Front) -> None:
    with Peer(lambda line: line.stall()) as peer:
        smtp = front.make(**letter(peer.port))
        for call in (smtp.send_command, smtp.verify, smtp.expand):
            with pytest.raises(InjectionError):
                front.run(call("NOOP\r\nMAIL FROM:<eve@example.test>"))
        assert peer.visits == 0
