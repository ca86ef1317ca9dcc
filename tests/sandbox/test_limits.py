"""What strangers may ask of a sandbox that listens off loopback."""

from __future__ import annotations

import logging
import os
import resource
import socket
import threading

import pytest

from protocol.server.talk import login_service
from sandbox.line import Line
from smtp_nb.sandbox import Limits, SandboxServer
from smtp_nb.sandbox.options import NO_LIMITS

ENVELOPE = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"
MESSAGE = ENVELOPE + b"DATA\r\nhello\r\n.\r\n"


def codes(line: Line) -> list[str]:
    """The codes of the last replies that the client got."""
    return [part[:3].decode() for part in line.got[-1][1].split(b"\r\n") if part[3:4] == b" "]


def test_limits_hold_off_loopback_and_not_on_it():
    assert SandboxServer()._shared.limits == NO_LIMITS
    assert SandboxServer(host="127.0.0.2")._shared.limits == NO_LIMITS
    assert SandboxServer(host="0.0.0.0", allow_remote=True)._shared.limits == Limits()
    assert SandboxServer(limits=Limits(logins=1))._shared.limits.logins == 1


def test_one_connection_too_many_is_told_so_and_leaves_no_session(connect):
    with SandboxServer(limits=Limits(connections=2)) as server:
        clients = [connect(server) for _ in range(2)]
        late = connect(server, greeting=False)
        assert late.codes(1) == [421]
        assert late.rest() == b""
        assert len(server.sessions) == 2
        assert clients[0].ask(b"NOOP\r\n") == [250]


def test_guessing_passwords_ends_the_connection():
    line = Line(login_service(), limits=Limits(logins=3))
    line.say(b"EHLO x.test\r\n")
    for code in ("535", "535", "421"):
        line.say(b"AUTH PLAIN AGEAYg==\r\n")
        assert codes(line) == [code]
    assert line.is_closed


def test_a_client_that_says_nothing_is_let_go():
    line = Line(limits=Limits(idle_s=300))
    line.clock.run(until=250)
    line.say(b"NOOP\r\n")
    line.clock.run(until=500)
    assert not line.is_closed
    line.clock.run(until=1000)
    assert codes(line) == ["421"]
    assert line.is_closed


@pytest.mark.parametrize("limits", [Limits(messages=2), Limits(octets=14)])
def test_a_full_sandbox_says_so_before_the_message(limits):
    line = Line(limits=limits)
    line.say(b"EHLO x.test\r\n" + MESSAGE * 2)
    line.say(ENVELOPE)
    assert codes(line) == ["452", "503"]
    assert len(line.shared.messages) == 2
    line.shared.messages.clear()
    line.say(ENVELOPE)
    assert codes(line) == ["250", "250"]


def test_the_oldest_ended_sessions_are_forgotten():
    line = Line(limits=Limits(sessions=3))
    line.session.is_open = False
    for port in range(3):
        line.shared.opened(object(), ("127.0.0.1", port))  # type: ignore[arg-type]
    assert [session.number for session in line.shared.sessions] == [2, 3, 4]


def test_without_file_descriptors_it_waits_and_logs_once(caplog):
    logged = threading.Event()
    handler = logging.Handler()
    handler.emit = lambda record: logged.set()  # type: ignore[method-assign]
    logging.getLogger("smtp_nb").addHandler(handler)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    with SandboxServer() as server, socket.socket() as client:
        client.settimeout(20)
        try:
            spare = os.dup(client.fileno())
            resource.setrlimit(resource.RLIMIT_NOFILE, (spare + 20, before[1]))
            while True:
                try:
                    taken.append(os.dup(spare))
                except OSError:
                    break
            client.connect((server.host, server.port))
            assert logged.wait(20)
        finally:
            for descriptor in (*taken, spare):
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            logging.getLogger("smtp_nb").removeHandler(handler)
        assert client.recv(100).startswith(b"220 ")
    assert len(caplog.records) == 1
    assert "no connection" in caplog.records[0].getMessage()
