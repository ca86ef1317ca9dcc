"""VRFY, EXPN, SEND, SOML, SAML and single commands, as Postfix and Exim answer them."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.fronts import Front
from servers.exim import Exim
from servers.postfix import Postfix
from smtp_nb import Outcome
from smtp_nb.errors import RefusedError

pytestmark = pytest.mark.real


@pytest.fixture(params=["postfix", "exim"])
def server(request: pytest.FixtureRequest) -> Postfix | Exim:
    found: Postfix | Exim = request.getfixturevalue(request.param)
    return found


def component(front: Front, server: Postfix | Exim, port: str = "BDAT") -> Any:
    return front.make(
        mail_server="127.0.0.1",
        mail_port=server.ports[port],
        from_="teacher@school.test",
        send_to="bob@school.test",
        subject="Hello",
        message_text="It works.",
    )


@pytest.mark.covers("SMTP.Verify")
@pytest.mark.covers("SMTP.LastReply")
def test_a_mailbox_is_known_perhaps_known_or_unknown(front: Front, server: Postfix | Exim) -> None:
    smtp = component(front, server)
    with front.connected(smtp):
        reply = front.run(smtp.verify("bob@school.test"))
        # Exim knows what it can deliver, Postfix only that it would try.
        assert reply[:3] == ("250" if isinstance(server, Exim) else "252")
        assert "bob@school.test" in reply
        assert smtp.last_reply == reply
        with pytest.raises(RefusedError, match=r"refused@school\.test") as caught:
            front.run(smtp.verify("refused@school.test"))
        assert (caught.value.code, caught.value.reply.code) == (161, 550)
        assert caught.value.connection_survives
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert len(server.messages()) == 1


@pytest.mark.covers("SMTP.Expand")
@pytest.mark.covers("Expand.Address")
def test_exim_tells_who_is_on_a_list(front: Front, exim: Exim) -> None:
    smtp, heard = component(front, exim), []
    smtp.on_expand += lambda event: heard.append(event.address)
    reply = front.run(smtp.expand("class"))
    assert not smtp.connected, "it was connected for this alone"
    assert heard == ["<ann@school.test>", "<ben@school.test>", "<cy@school.test>"]
    assert reply.count("\n") == 2
    smtp.send_to = heard
    assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert sorted(m.recipient for m in exim.messages()) == [
        "ann@school.test", "ben@school.test", "cy@school.test"
    ]  # fmt: skip
    heard.clear()
    with pytest.raises(RefusedError, match="undeliverable"):
        front.run(smtp.expand("refused@school.test"))
    assert heard == []


@pytest.mark.covers("SMTP.Expand")
def test_postfix_tells_nobody(front: Front, postfix: Postfix) -> None:
    smtp, heard = component(front, postfix), []
    smtp.on_expand += heard.append
    with front.connected(smtp):
        with pytest.raises(RefusedError) as caught:
            front.run(smtp.expand("class"))
        assert caught.value.reply.code in (500, 502)
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert heard == []


@pytest.mark.covers("SMTP.SendToTerminalOnly")
@pytest.mark.covers("SMTP.SendToTerminalOrEmail")
@pytest.mark.covers("SMTP.SendToTerminalAndEmail")
@pytest.mark.parametrize("port", ["BDAT", "DATA"])
def test_a_server_without_terminals_says_so_and_the_session_goes_on(
    front: Front, server: Postfix | Exim, port: str
) -> None:
    smtp = component(front, server, port)
    for method in ("only", "or_email", "and_email"):
        with front.connected(smtp):
            with pytest.raises(RefusedError) as caught:
                front.run(getattr(smtp, f"send_to_terminal_{method}")())
            assert (caught.value.code, caught.value.reply.code // 100) == (161, 5)
            assert caught.value.receipt.outcome is Outcome.REFUSED
            assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert len(server.messages()) == 3


@pytest.mark.covers("SMTP.SendCommand")
def test_single_commands_are_told_to_the_state_machine(
    front: Front, server: Postfix | Exim
) -> None:
    smtp = component(front, server)
    with front.connected(smtp):
        assert front.run(smtp.send_command("noop"))[:3] == "250"
        assert front.run(smtp.send_command("MAIL FROM:<eve@school.test>"))[:3] == "250"
        assert front.run(smtp.send_command("RCPT TO:<eve@school.test>"))[:3] == "250"
        # The transaction that was begun by hand is reset, or eve would get this.
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert front.run(smtp.send_command("HELO me.test"))[:3] == "250"
        assert smtp.extensions == {}
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert front.run(smtp.send_command("EHLO me.test"))[:3] == "250"
        assert "PIPELINING" in smtp.extensions
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    arrived = server.messages()
    assert [m.recipient for m in arrived] == ["bob@school.test"] * 3
    assert {m.sender for m in arrived} == {"teacher@school.test"}
