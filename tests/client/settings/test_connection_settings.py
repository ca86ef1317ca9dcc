"""Settings of the connection: what they do to a socket, and what a server sees of them."""

from __future__ import annotations

import contextlib
import socket
import struct

import pytest

from drivers.fronts import letter, said, socket_of
from drivers.peers import Peer, full_backlog, greet, talk
from play.stage import DRIVERS, stage
from smtp_nb.client.settings.registry import REGISTRY
from smtp_nb.errors import (
    ConnectFailed,
    InputError,
    MalformedReply,
    RefusedError,
    SMTPTimeout,
    StateError,
)
from smtp_nb.sandbox import SandboxServer

GREETING = "S: 220 mx.test ready\n"


@contextlib.contextmanager
def opened(front, smtp):
    """The socket of a connection of this component."""
    with SandboxServer() as server:
        smtp.mail_server, smtp.mail_port = server.host, server.port
        with front.connected(smtp):
            yield socket_of(smtp)


def option(sock: socket.socket, level: int, name: int) -> int:
    return sock.getsockopt(level, name)


def is_20000(size: int) -> bool:
    """Linux doubles what it is asked for, for its own bookkeeping."""
    return size in (20000, 40000)


OPTIONS = [
    ("IPPort.TcpNoDelay", "True", socket.IPPROTO_TCP, "TCP_NODELAY", bool, True),
    ("IPPort.TcpNoDelay", "False", socket.IPPROTO_TCP, "TCP_NODELAY", bool, False),
    ("IPPort.TCPKeepAlive", "True", socket.SOL_SOCKET, "SO_KEEPALIVE", bool, True),
    ("IPPort.TCPKeepAlive", "False", socket.SOL_SOCKET, "SO_KEEPALIVE", bool, False),
    ("IPPort.KeepAliveTime", "90000", socket.IPPROTO_TCP, "TCP_KEEPIDLE", int, 90),
    ("IPPort.KeepAliveTime", "90000", socket.SOL_SOCKET, "SO_KEEPALIVE", bool, True),
    ("IPPort.KeepAliveInterval", "1500", socket.IPPROTO_TCP, "TCP_KEEPINTVL", int, 2),
    ("Socket.InBufferSize", "20000", socket.SOL_SOCKET, "SO_RCVBUF", is_20000, True),
    ("Socket.OutBufferSize", "20000", socket.SOL_SOCKET, "SO_SNDBUF", is_20000, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "level", "number", "read", "wanted"),
    [
        pytest.param(*row, marks=pytest.mark.covers(row[0]), id=f"{row[0]}={row[1]}-{row[3]}")
        for row in OPTIONS
    ],
)
def test_the_socket_has_the_option(front, name, value, level, number, read, wanted):
    if not hasattr(socket, number):
        pytest.skip(f"this system has no {number}")
    smtp = front.make(mail_server="x.test")
    smtp.config(f"{name.rpartition('.')[2]}={value}")
    with opened(front, smtp) as sock:
        assert read(option(sock, level, getattr(socket, number))) == wanted


@pytest.mark.covers("IPPort.Linger")
@pytest.mark.covers("IPPort.LingerTime")
@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ([], (0, 0)),
        (["LingerTime=7"], (1, 7)),
        (["Linger=False"], (1, 0)),
        (["Linger=False", "LingerTime=7"], (1, 0)),
    ],
)
def test_linger_is_what_the_socket_is_told(front, settings, wanted):
    smtp = front.make(mail_server="x.test")
    for setting in settings:
        smtp.config(setting)
    with opened(front, smtp) as sock:
        told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    assert struct.unpack("ii", told) == wanted


@pytest.mark.covers("IPPort.Linger")
@pytest.mark.parametrize(("linger", "ending"), [("True", "closed"), ("False", "reset")])
def test_without_linger_the_server_sees_a_reset(front, linger, ending):
    seen = []

    def habit(line):
        greet(line)
        talk(line)
        try:
            seen.append("closed" if line.sock.recv(1) == b"" else "data")
        except ConnectionResetError:
            seen.append("reset")

    with Peer(habit) as peer:
        smtp = front.make(**letter(peer.port))
        smtp.config(f"Linger={linger}")
        assert front.run(smtp.send())
        if front.loop:
            front.loop.run_until_complete(one_turn())
    assert seen == [ending]


async def one_turn() -> None:
    """A transport closes its socket in the next turn of the loop."""


@pytest.mark.covers("IPPort.LocalPort")
@pytest.mark.covers("SMTP.LocalHost")
@pytest.mark.covers("IPPort.LocalHost")
def test_local_host_and_port_are_real_ones_while_connected(front):
    seen = []

    def habit(line):
        seen.append(line.sock.getpeername())
        greet(line)
        talk(line)

    with Peer(habit) as peer:
        smtp = front.make(**letter(peer.port))
        assert (smtp.local_host, smtp.config("LocalPort")) == ("", "0")
        with front.connected(smtp):
            assert (smtp.local_host, smtp.settings["LocalPort"]) == seen[0]
        assert (smtp.local_host, smtp.config("LocalPort")) == ("", "0")


@pytest.mark.covers("SMTP.MailServer")
def test_the_server_keeps_its_name_beside_its_address(front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port) | {"mail_server": "localhost"})
        with front.connected(smtp):
            assert (smtp.mail_server, smtp.remote_address) == ("localhost", "127.0.0.1")


@pytest.mark.covers("IPPort.LocalPort")
@pytest.mark.covers("SMTP.LocalHost")
def test_the_server_sees_the_address_and_port_that_were_set(front):
    with SandboxServer() as server, socket.create_server(("127.0.0.2", 0)) as taken:
        free = taken.getsockname()[1]
        smtp = front.make(**letter(server.port), local_host="127.0.0.3")
        smtp.config(f"LocalPort={free}")
        with front.connected(smtp):
            assert (smtp.line.local_address, smtp.line.local_port) == ("127.0.0.3", free)


LOCKED = [
    ("error.100", "MailPort", 26),
    ("error.101", "MailServer", "other.test"),
    ("error.106", "LocalPort", 4000),
    ("error.107", "LocalHost", "127.0.0.9"),
    ("error.112", "MaxLineLength", 4096),
]


def covered(code):
    """The reference has a second number for a local address that cannot change."""
    return (code, "error.1119") if code == "error.107" else (code,)


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [pytest.param(*row, marks=pytest.mark.covers(*covered(row[0])), id=row[0]) for row in LOCKED],
)
def test_what_made_the_line_is_locked_while_connected(front, code, name, value):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            with pytest.raises(StateError) as caught:
                smtp.settings[name] = value
            assert caught.value.code == int(code.rpartition(".")[2])
            smtp.settings[name] = smtp.settings[name]
        smtp.settings[name] = value


def test_every_lock_of_the_registry_is_tried():
    locked = {entry.reference: entry.locked for entry in REGISTRY.values() if entry.locked}
    assert locked == {name: int(code.removeprefix("error.")) for code, name, _ in LOCKED}


@pytest.mark.covers("IPPort.MaxLineLength")
@pytest.mark.parametrize("driver", DRIVERS)
def test_a_line_longer_than_allowed_is_no_reply(driver):
    text = f"S: 220 {'x' * 300}\n"
    with stage(driver, text, {"MaxLineLength": 256}) as played, pytest.raises(MalformedReply):
        played.call("connect")
    with stage(driver, text + "C* EHLO\nS: 250 x\nC: QUIT\nS: 221 bye", {}) as played:
        played.call("connect")
        played.call("disconnect")


@pytest.mark.covers("SMTP.Hello")
@pytest.mark.parametrize("driver", DRIVERS)
def test_hello_is_what_we_call_ourselves(driver):
    text = GREETING + "C: EHLO me.test\nS: 502 no\nC: HELO me.test\nS: 250 x\nC: QUIT\nS: 221 bye"
    with stage(driver, text, {"Hello": "me.test"}) as played:
        played.call("connect")
        played.call("disconnect")


@pytest.mark.covers("SMTP.AllowExtensions")
@pytest.mark.parametrize("driver", DRIVERS)
def test_without_extensions_helo_comes_at_once(driver):
    text = GREETING + "C: HELO me.test\nS: 250 x\nC: QUIT\nS: 221 bye"
    with stage(driver, text, {"Hello": "me.test", "allow_extensions": False}) as played:
        played.call("connect")
        assert played.smtp.extensions == {}
        played.call("disconnect")


@pytest.mark.covers("SMTP.MailPort")
def test_the_port_is_the_servers(front):
    with SandboxServer() as one, SandboxServer() as other:
        smtp = front.make(**letter(one.port))
        assert front.run(smtp.send())
        smtp.mail_port = other.port
        assert front.run(smtp.send())
        assert (len(one.messages), len(other.messages)) == (1, 1)


@pytest.mark.covers("IPPort.ConnectionTimeout", "SMTP.Timeout")
@pytest.mark.parametrize(("timeout", "connecting"), [(300, "0.05"), (0.05, "0")])
def test_connecting_may_have_a_timeout_of_its_own(front, timeout, connecting):
    with full_backlog() as port:
        smtp = front.make(**letter(port, timeout=timeout))
        smtp.config(f"ConnectionTimeout={connecting}")
        with pytest.raises(SMTPTimeout) as caught:
            front.run(smtp.connect())
    assert caught.value.code == 201


@pytest.mark.covers("SMTP.SendRSET")
@pytest.mark.parametrize(("setting", "between"), [("True", "RSET"), ("False", "EHLO me.test")])
def test_send_rset_decides_what_parts_two_messages(front, setting, between):
    with SandboxServer(refuse=["nobody@*"]) as server:
        smtp = front.make(**letter(server.port, send_to="nobody@x.test", pipelining="off"))
        smtp.config("Hello=me.test")
        smtp.config(f"SendRSET={setting}")
        with front.connected(smtp):
            with pytest.raises(RefusedError):
                front.run(smtp.send())
            smtp.send_to = "ann@x.test"
            assert front.run(smtp.send())
        lines = said(server)
    refused = lines.index("RCPT TO:<nobody@x.test>")
    assert lines[refused + 1] == between


@pytest.mark.covers("error.116")
def test_port_zero_is_an_error(front):
    with pytest.raises(InputError) as caught:
        front.run(front.make(**letter(0)).connect())
    assert caught.value.code == 116


@pytest.mark.covers("error.102")
@pytest.mark.parametrize("null", ["0.0.0.0", "::"])
def test_the_null_address_is_nobody(front, null):
    with pytest.raises(ConnectFailed) as caught:
        front.run(front.make(**letter(25) | {"mail_server": null}).connect())
    assert caught.value.code == 102
