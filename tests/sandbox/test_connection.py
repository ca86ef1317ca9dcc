"""A connection between socket and machine: TLS, slow readers, ends."""

from __future__ import annotations

import asyncio
import socket
import ssl

import pytest

from smtp_nb.sandbox import SandboxServer
from smtp_nb.sandbox.connection import Connection

ENVELOPE = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"


@pytest.fixture
def secure_server():
    with SandboxServer(tls="starttls") as server:
        yield server


def test_commands_pipelined_behind_starttls_are_forgotten(connect, secure_server):
    client = connect(secure_server, ehlo=True)
    assert client.ask(b"STARTTLS\r\n" + ENVELOPE) == [220]
    client.secure(secure_server)
    assert client.ask(b"NOOP\r\n" + ENVELOPE, 3) == [250, 503, 503]
    remarks = [event.message for event in secure_server.sessions[0]]
    assert f"{len(ENVELOPE)} bytes in clear after STARTTLS discarded" in remarks


def test_tls_forgets_the_greeting_and_offers_no_second_tls(connect, secure_server):
    client = connect(secure_server, ehlo=True)
    assert client.ask(b"STARTTLS\r\n") == [220]
    client.secure(secure_server)
    assert client.ask(b"MAIL FROM:<a@x.test>\r\nEHLO x\r\nSTARTTLS\r\n", 3) == [503, 250, 503]


def test_octet_by_octet_inside_tls(connect, secure_server):
    client = connect(secure_server, ehlo=True)
    assert client.ask(b"STARTTLS\r\n") == [220]
    client.secure(secure_server)
    for octet in b"EHLO x\r\n" + ENVELOPE + b"BDAT 3 LAST\r\nabcQUIT\r\n":
        client.send(bytes([octet]))
    assert client.codes(5) == [250, 250, 250, 250, 221]
    assert client.rest() == b""  # ended in good order: no SSLEOFError
    message = secure_server.messages[0]
    assert message.content == b"abc"
    assert message.tls.protocol.startswith("TLSv1.")


def test_a_big_message_inside_tls(connect, secure_server):
    content = bytes(range(256)) * 40_000
    client = connect(secure_server, ehlo=True)
    assert client.ask(b"STARTTLS\r\n") == [220]
    client.secure(secure_server)
    client.ask(b"EHLO x\r\n" + ENVELOPE, 3)
    assert client.ask(b"BDAT %d LAST\r\n" % len(content) + content) == [250]
    assert secure_server.messages[0].content == content


def test_what_is_no_tls_is_said_and_closed(connect, secure_server):
    client = connect(secure_server, ehlo=True)
    assert client.ask(b"STARTTLS\r\n") == [220]
    client.send(b"EHLO in clear\r\n" * 10)
    client.rest()
    assert any("TLS failed" in event.message for event in secure_server.sessions[0])


def test_a_client_that_ends_tls_is_answered_in_kind(connect, secure_server):
    client = connect(secure_server, ehlo=True)
    assert client.ask(b"STARTTLS\r\n") == [220]
    client.secure(secure_server)
    assert isinstance(client.socket, ssl.SSLSocket)
    client.socket = client.socket.unwrap()
    assert client.rest() == b""


def test_a_client_that_leaves_in_the_middle_leaves_no_message(connect, server):
    client = connect(server, ehlo=True)
    client.ask(ENVELOPE + b"DATA\r\n", 3)
    client.send(b"half a mess")
    client.close()
    with SandboxServer() as other:
        connect(other, ehlo=True)
    assert server.messages == []


def test_a_client_that_sends_and_shuts_its_side_gets_all_replies(connect, server):
    client = connect(server)
    client.send(b"EHLO x\r\n" + ENVELOPE + b"BDAT 2 LAST\r\nhi")
    client.socket.shutdown(socket.SHUT_WR)
    codes = [line[:3] for line in client.rest().decode().splitlines() if line[3:4] == " "]
    assert codes == ["250"] * 4


class DeafTransport(asyncio.Transport):
    """A client that reads when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_read = True

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


def test_a_client_that_does_not_read_is_not_served_on(server):
    transport, connection = DeafTransport(), Connection(server._shared)
    connection.connection_made(transport)
    connection.pause_writing()
    connection.get_buffer(-1)[:6] = b"NOOP\r\n"
    connection.buffer_updated(6)
    assert b"250" not in transport.written
    assert not transport.is_read
    connection.resume_writing()
    assert b"250" in transport.written
    assert transport.is_read
    connection.connection_lost(None)


def test_replies_that_wait_for_a_slow_reader_all_arrive(connect, server):
    client = connect(server)
    assert client.ask(b"HELP\r\n" * 20_000, 20_000) == [214] * 20_000


def test_a_delay_outlives_a_client_that_does_not_read(connect, server):
    server.inject("slow", stage="NOOP", delay=0.01)
    client = connect(server)
    assert client.ask(b"HELP\r\n" * 3000 + b"NOOP\r\nNOOP\r\n", 3002) == [*([214] * 3000), 250, 250]


def test_nothing_is_read_after_quit(connect, server):
    client = connect(server, ehlo=True)
    client.send(b"QUIT\r\n" + ENVELOPE)
    assert client.codes(1) == [221]
    assert client.rest() == b""
