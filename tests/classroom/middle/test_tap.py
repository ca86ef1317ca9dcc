"""Somebody in the middle: what is read there, and what a careful client makes of changes."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest

from classroom.servers import DOORS, sandbox
from smtp_nb import SMTP, AsyncSMTP
from smtp_nb.classroom import Tap, Terminal
from smtp_nb.classroom.middle.eavesdropper import CLIENT, SERVER, Eavesdropper
from smtp_nb.errors import ExtensionError, InputError, LinkError, PlaintextInjected, StateError
from smtp_nb.sandbox import SandboxServer


def send(url: str) -> None:
    SMTP.from_url(url, from_="ann@x.test", send_to="ben@x.test", message_text="secret words").send()


@pytest.mark.parametrize("door", DOORS)
def test_it_has_plain_text_until_tls_and_records_from_then_on(door):
    with sandbox(door, auth={"alice": "wonderland"}) as server, Tap(server) as tap:
        send(tap.url)
        assert len(server.messages) == 1
        plain = b"".join(one.octets for one in tap.seen if one.is_plain)
        records = [one for one in tap.seen if not one.is_plain]
    login = b64encode(b"\0alice\0wonderland")
    assert (
        (b"secret words" in plain) is (login in plain) is ("tls" not in door and "impl" not in door)
    )
    assert bool(records) is ("tls" in door or "implicit" in door)
    assert b"STARTTLS" in plain or "+tls" not in door
    if records:
        assert {"handshake", "encrypted data"} <= {one.record for one in records}
        assert not any(b"secret" in one.octets for one in records)
        assert not any(one.is_changed for one in tap.seen)


@pytest.mark.parametrize("inline", [True, False])
def test_both_sides_notice_nothing(inline):
    with SandboxServer(inline=inline) as server, Tap(server) as tap:
        send(server.url)
        send(tap.url)
        direct, tapped = server.sessions
        assert [one.command for one in direct.exchanges] == [
            one.command for one in tapped.exchanges
        ]
        assert tapped.remarks == []


@pytest.mark.parametrize("inline", [True, False])
def test_a_client_refuses_when_starttls_is_stripped(inline):
    with SandboxServer(inline=inline, tls="starttls") as server:
        with Tap(server, strip_starttls=True) as tap:
            with pytest.raises(ExtensionError, match="Something on the way may strip it"):
                send(tap.url)
            assert any(one.is_changed and b"XXXXXXXA" in one.octets for one in tap.seen)
            assert "(changed on the way)" in str(tap.seen)
            with Terminal(tap.url) as terminal:
                replies = terminal.dialogue("EHLO me.test\nSTARTTLS")
                assert "STARTTLS" not in str(replies)
                assert replies.code == 500
        assert not server.messages


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("inject", ["250 2.0.0 all yours\r\n", b"250 2.0.0 all yours\r\n"])
def test_a_client_refuses_what_is_injected(inline, inject):
    with SandboxServer(inline=inline, tls="starttls") as server, Tap(server, inject=inject) as tap:
        with pytest.raises(PlaintextInjected, match="more bytes in clear"):
            send(tap.url)
        assert [one.octets for one in tap.seen if one.is_changed] == [b"250 2.0.0 all yours\r\n"]


def test_no_form_shows_a_password_or_a_saved_address():
    with SandboxServer(inline=True, auth={"alice": "wonderland"}) as server, Tap(server) as tap:
        send(tap.url)
        login = b64encode(b"\0alice\0wonderland").decode()
        for form in (str(tap.seen), repr(tap.seen), tap._repr_html_(), repr(tap)):
            assert "wonderland" not in form
            assert login not in form
        assert "AUTH PLAIN <hidden>" in str(tap.seen)
        assert "ann@x.test" in str(tap.seen)
        assert "ann@x.test" not in repr(tap.seen) + tap._repr_html_()
        assert "ann@x.test" not in repr(list(tap.seen))
        assert repr(tap).startswith("<Tap: ")


def test_an_asyncio_client_is_tapped_too():
    async def talk(url: str) -> None:
        async with AsyncSMTP.from_url(url) as smtp:
            await smtp.send_command("NOOP")

    for inline in (True, False):
        with SandboxServer(inline=inline) as server, Tap(server) as tap:
            asyncio.run(talk(tap.url))
            assert b"NOOP\r\n" in [one.octets for one in tap.seen]


@pytest.mark.parametrize("inline", [True, False])
def test_a_tap_that_has_stopped_leads_nowhere(inline):
    with SandboxServer(inline=inline) as server:
        tap = Tap(server)
        with pytest.raises(StateError, match="the tap is not running"):
            _ = tap.url
        with tap:
            url = tap.url
            with SMTP.from_url(url) as smtp:
                smtp.send_command("NOOP")
        with pytest.raises((LinkError, InputError)):
            SMTP.from_url(url).connect()
        assert len(tap.seen) > 2
        tap.stop()


@pytest.mark.parametrize("inline", [True, False])
def test_lines_by_hand_through_a_tap_are_marked_as_such(inline):
    with SandboxServer(inline=inline) as server, Tap(server) as tap:
        with SMTP.from_url(tap.url) as smtp:
            smtp.send_command("NOOP")
        with Terminal(tap, name="ann") as terminal:
            terminal.dialogue("EHLO me.test\nNOOP")
            assert terminal.session is server.sessions[1]
            terminal.send(b"NOOP")
        assert terminal.remarks == ["no-crlf"]
    assert [(one.by, one.student) for one in server.sessions] == [("", ""), ("hand", "ann")]
    assert {exchange.by for exchange in server.sessions[1].exchanges} == {"hand"}


def test_a_tap_leads_to_this_machine_only():
    with pytest.raises(InputError, match="not an address of this machine"):
        Tap("smtp://mail.example.org:25?tls=none")


@pytest.mark.parametrize("cut", [1, 3, 7, 1000])
def test_lines_are_found_however_they_are_cut(cut):
    seen = []
    middle = Eavesdropper(seen, 1, strip_starttls=True, inject=b"")
    said = b"250-x greets\r\n250-PIPELINING\r\n250 STARTTLS\r\n221 x"
    pieces = [said[at : at + cut] for at in range(0, len(said), cut)]
    passed = b"".join(middle.passes(SERVER, piece) for piece in pieces)
    passed += middle.passes(SERVER, b"", at_end=True)
    assert passed == said.replace(b"STARTTLS", b"XXXXXXXA")
    assert [one.is_changed for one in seen] == [False, False, True, False]
    assert middle.passes(CLIENT, b"STARTTLS please\r\n") == b"STARTTLS please\r\n"
