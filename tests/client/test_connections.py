"""Sessions of a component: begun, lost, found again and ended; the same on both fronts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drivers.fronts import THREE, Front, letter, said
from drivers.peers import Line, Peer, greet, talk
from smtp_nb import SMTP, AsyncSMTP, Outcome
from smtp_nb.errors import (
    DeferredError,
    SMTPTimeout,
    StateError,
)
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sasl.server.server import USUAL


def test_connecting_twice_is_error_104(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            with pytest.raises(StateError) as caught:
                front.run(smtp.connect())
            assert caught.value.code == 104
            assert front.run(smtp.send()).outcome is Outcome.ACCEPTED


def test_disconnecting_without_a_connection_is_nothing(front: Front) -> None:
    front.run(front.make().disconnect())


def test_a_refused_banner_or_greeting_leaves_no_connection(front: Front) -> None:
    for stage in ("GREETING", "EHLO"):
        with SandboxServer() as server:
            server.inject("reply", stage=stage, code=450, text="4.3.2 too busy")
            smtp = front.make(**letter(server.port))
            with pytest.raises(DeferredError, match="too busy"):
                front.run(smtp.connect())
            assert not smtp.connected


def test_helo_is_said_where_ehlo_is_not_known(front: Front) -> None:
    with SandboxServer() as server:
        server.inject("reply", stage="EHLO", code=502, text="5.5.1 what?")
        smtp = front.make(**letter(server.port))
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert [line.split()[0] for line in said(server)[:3]] == ["EHLO", "HELO", "MAIL"]


def test_a_component_tells_about_its_session(front: Front) -> None:
    with SandboxServer(tls="implicit", auth={"alice": "wonderland"}) as server:
        smtp = front.SMTP.from_url(server.url)
        assert (smtp.remote_address, smtp.extensions, smtp.tls) == ("", {}, None)
        assert repr(smtp) == f"<{front.SMTP.__name__} 127.0.0.1:{server.port}, not connected>"
        with front.connected(smtp):
            assert smtp.remote_address == "127.0.0.1"
            assert smtp.extensions["AUTH"] == " ".join(USUAL)
            assert smtp.tls.protocol == "TLSv1.3"
            assert smtp.last_reply == "235 2.7.0 Authentication succeeded"
            assert "connected, TLSv1.3" in repr(smtp)
        assert (smtp.remote_address, smtp.extensions, smtp.tls) == ("", {}, None)
        assert smtp.last_reply.startswith("221")


@pytest.mark.parametrize("farewell", [b"421 4.4.2 idle for too long", None], ids=["421", "none"])
def test_a_server_that_hung_up_meanwhile_is_called_again(
    front: Front, farewell: bytes | None
) -> None:
    def habit(line: Line) -> None:
        greet(line, b"PIPELINING")
        if peer.visits > 1:
            talk(line)
        elif farewell:
            line.say(farewell)

    with Peer(habit) as peer:
        smtp = front.make(**letter(peer.port))
        remarks = []
        smtp.on_pi_trail += lambda event: remarks.append(event.message)
        front.run(smtp.connect())
        peer.wait_until_served()
        clock = smtp._clock
        smtp._session.clock = lambda: clock() + 3600
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert smtp.connected
        front.run(smtp.disconnect())
        assert peer.visits == 2
    assert any("hung up while we were idle" in remark for remark in remarks)


def test_a_silent_server_is_a_timeout(front: Front) -> None:
    with Peer(lambda line: line.stall()) as peer:
        smtp = front.make(**letter(peer.port, timeout=0.05))
        with pytest.raises(SMTPTimeout, match="the banner") as caught:
            front.run(smtp.connect())
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, ConnectionError)
    assert caught.value.code == 201
    assert not smtp.connected


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("MailPort", 2500, 100),
        ("MailServer", "other.test", 101),
        ("LocalPort", 2500, 106),
        ("LocalHost", "127.0.0.2", 107),
        ("MaxLineLength", 4096, 112),
    ],
)
def test_what_is_locked_while_connected(front: Front, name: str, value: Any, code: int) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            before = smtp.settings[name]
            smtp.settings[name] = before
            with pytest.raises(StateError) as caught:
                smtp.settings[name] = value
            assert caught.value.code == code
            assert smtp.settings[name] == before
        smtp.settings[name] = value


def test_a_context_manager_connects_and_disconnects() -> None:
    with SandboxServer() as server:
        with SMTP(**letter(server.port)) as smtp:
            assert smtp.connected
            smtp.send()
        assert not smtp.connected
        with pytest.raises(ZeroDivisionError), SMTP(**letter(server.port)):
            raise ZeroDivisionError
        assert said(server)[-1] == "QUIT"


def test_an_asyncio_context_manager_connects_and_disconnects() -> None:
    async def main() -> None:
        async with AsyncSMTP(**letter(server.port)) as smtp:
            assert smtp.connected
            await smtp.send()
        assert not smtp.connected
        with pytest.raises(ZeroDivisionError):
            async with AsyncSMTP(**letter(server.port)):
                raise ZeroDivisionError

    with SandboxServer() as server:
        asyncio.run(main())
        assert [said(server, number)[-1] for number in (0, 1)] == ["QUIT", "QUIT"]


def test_a_context_manager_may_outlive_its_server(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        front.run(smtp.connect())
        server.stop()
        front.run(smtp.disconnect())
    assert not smtp.connected


@pytest.mark.covers("SMTP.Reset")
def test_reset_disconnects_and_puts_all_back(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, **THREE))
        front.run(smtp.connect())
        front.run(smtp.reset())
        assert said(server)[-1] == "QUIT"
    assert not smtp.connected
    assert repr(smtp.settings) == repr(front.make().settings)
    assert len(smtp.message_recipients) == 0


def test_a_clone_shares_nothing_that_changes(front: Front) -> None:
    smtp = front.make(**letter(25, **THREE))
    smtp.firewall.host = "proxy.test"
    copy = smtp.clone()
    assert type(copy) is type(smtp)
    assert repr(copy.settings) == repr(smtp.settings)
    assert not copy.connected
    copy.subject, copy.cc = "other", ""
    copy.message_recipients[0].address = "other@example.test"
    copy.firewall.host = "other.test"
    copy.attachments.append("more.pdf")
    assert (smtp.subject, smtp.cc, smtp.send_to) == ("Hello", THREE["cc"], THREE["send_to"])
    assert smtp.firewall.host == "proxy.test"
    assert smtp.attachments == []
