"""A real cause for each error number that has one, through the component."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.peers import Peer, free_port, greet
from play.stage import DRIVERS, stage
from smtp_nb import Attachment
from smtp_nb.errors import LinkError, SMTPError, SMTPTimeout
from smtp_nb.sandbox import SandboxServer


def raised(front: Front, smtp: Any, method: str = "send", *arguments: Any) -> SMTPError:
    with pytest.raises(SMTPError) as caught:
        front.run(getattr(smtp, method)(*arguments))
    assert not smtp.connected
    assert smtp.idle
    return caught.value


@pytest.mark.covers("error.10061")
def test_nobody_listens(front: Front):
    error = raised(front, front.make(**letter(free_port())))
    assert (error.code, isinstance(error, ConnectionError)) == (10061, True)
    assert error.remedy


@pytest.mark.covers("error.10048")
def test_the_local_port_is_taken(front: Front):
    with socket.create_server(("127.0.0.1", 0)) as taken, SandboxServer() as server:
        smtp = front.make(**letter(server.port), local_host="127.0.0.1")
        smtp.config(f"LocalPort={taken.getsockname()[1]}")
        assert raised(front, smtp).code == 10048


class Unreachable(socket.socket):
    """A socket of a machine on which something is not to be had."""

    fails: tuple[str, int] = ("", 0)

    def connect(self, address: Any) -> None:
        self._fail("connect")
        super().connect(address)

    def bind(self, address: Any) -> None:
        self._fail("bind")
        super().bind(address)

    def _fail(self, call: str) -> None:
        name, number = type(self).fails
        if name == call:
            raise OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("call", "number", "code"),
    [
        pytest.param("bind", errno.EACCES, 10013, marks=pytest.mark.covers("error.10013")),
        pytest.param("connect", errno.EACCES, 10013, marks=pytest.mark.covers("error.10013")),
        pytest.param("connect", errno.ETIMEDOUT, 10060, marks=pytest.mark.covers("error.10060")),
        pytest.param("connect", errno.EHOSTUNREACH, 10065, marks=pytest.mark.covers("error.10065")),
    ],
)
def test_the_system_forbids_it_or_finds_no_way(front: Front, monkeypatch, call, number, code):
    smtp = front.make(**letter(free_port()))
    if call == "bind":
        smtp.config("LocalPort=24")
    monkeypatch.setattr(Unreachable, "fails", (call, number))
    monkeypatch.setattr("smtp_nb.drivers.sockets.socket.socket", Unreachable)
    error = raised(front, smtp)
    monkeypatch.undo()
    assert error.code == code
    assert ("LocalPort" in error.remedy) is (call == "bind")


@pytest.mark.covers("error.212")
def test_a_method_without_a_connection_makes_one(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        assert front.run(smtp.verify("ann@example.test")).startswith("252")
        assert not smtp.connected


@pytest.mark.covers("error.10049")
def test_the_local_address_is_not_ours(front: Front):
    smtp = front.make(**letter(free_port()), local_host="192.0.2.1")
    assert raised(front, smtp).code == 10049


@pytest.mark.covers("error.10022")
def test_an_argument_makes_no_sense(front: Front):
    error = raised(front, front.make(**letter(free_port())), "verify", "two\nlines")
    assert (error.code, isinstance(error, ValueError)) == (10022, True)


@pytest.mark.covers("error.10047")
def test_our_end_is_of_another_address_family(front: Front):
    smtp = front.make(**letter(free_port()), local_host="::1")
    assert raised(front, smtp).code == 10047


@pytest.mark.covers("error.10051")
def test_there_is_no_way_to_that_network(front: Front):
    group = "224.0.0.1"  # TCP has two ends, and a group of receivers is none (RFC 9293)
    error = raised(front, front.make(**letter(25) | {"mail_server": group}))
    assert (error.code, isinstance(error, ConnectionError)) == (10051, True)


@pytest.mark.covers("error.10054")
def test_the_server_resets_the_line(front: Front):
    with Peer(lambda line: line.reset()) as peer:
        assert raised(front, front.make(**letter(peer.port))).code == 10054


@pytest.mark.covers("error.1120")
def test_the_server_closes_the_line(front: Front):
    with Peer(greet) as peer:
        assert raised(front, front.make(**letter(peer.port))).code in (1120, 10053, 10054)
    with Peer(lambda line: line.sock.shutdown(socket.SHUT_WR)) as peer:
        assert raised(front, front.make(**letter(peer.port))).code == 1120


@pytest.mark.covers("error.11001")
def test_the_name_does_not_exist(front: Front):
    # No name server has to be asked: a label has 63 octets at most (RFC 1035 section 2.3.4).
    smtp = front.make(**letter(25) | {"mail_server": "x" * 64 + ".test"})
    assert raised(front, smtp).code == 11001


@pytest.mark.covers("error.10024")
def test_there_are_no_descriptors_left(front: Front):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with SandboxServer() as server, contextlib.ExitStack() as stack:
        smtp = front.make(**letter(server.port))
        highest = stack.enter_context(socket.socket()).fileno()
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
        with contextlib.suppress(OSError):
            while True:
                stack.enter_context(socket.socket())
        assert raised(front, smtp).code == 10024
        stack.close()
        assert front.run(smtp.send())


@pytest.mark.covers("error.201")
def test_nothing_comes_in_time():
    with stage("scripted", "-- silence", {"timeout": 7}) as played:
        with pytest.raises(SMTPTimeout) as caught:
            played.call("connect")
        assert (caught.value.code, played.driver.now) == (201, 7)


@pytest.mark.covers("error.161")
@pytest.mark.parametrize("driver", DRIVERS)
def test_the_server_says_no(driver):
    played = stage(driver, "S: 554 5.7.1 go away", {})
    with played as smtp, pytest.raises(SMTPError) as caught:
        smtp.call("connect")
    error = caught.value
    assert (error.code, error.reply.code, error.reply.enhanced_code) == (161, 554, "5.7.1")
    assert "go away" in str(error)


@pytest.mark.covers("error.162")
@pytest.mark.parametrize("driver", DRIVERS)
def test_what_comes_is_no_smtp(driver):
    played = stage(driver, "S: HTTP/1.1 400 Bad Request", {})
    with played as smtp, pytest.raises(LinkError) as caught:
        smtp.call("connect")
    assert caught.value.code == 162


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        pytest.param(163, "mail_server", marks=pytest.mark.covers("error.163")),
        pytest.param(164, "from_", marks=pytest.mark.covers("error.164")),
        pytest.param(165, "send_to", marks=pytest.mark.covers("error.165")),
    ],
)
def test_something_needed_is_missing(front: Front, code, missing):
    smtp = front.make(**letter(25))
    setattr(smtp, missing, "")
    error = raised(front, smtp)
    assert error.code == code
    assert missing in error.remedy


@pytest.mark.covers("error.302")
def test_an_attachment_cannot_be_read(front: Front, tmp_path):
    smtp = front.make(**letter(free_port()))
    path = tmp_path / "file"
    path.write_text("text")
    smtp.attachments.append(Attachment(path=str(path)))
    path.unlink()
    assert raised(front, smtp).code == 302


@pytest.mark.covers("error.434")
@pytest.mark.covers("SMTP.Charset")
@pytest.mark.parametrize("name", ["subject", "message_text"])
def test_a_text_that_its_charset_cannot_write(front: Front, name):
    smtp = front.make(**letter(free_port()))
    smtp.config("Charset=iso-8859-1")
    setattr(smtp, name, "a 5 € note")
    error = raised(front, smtp)
    assert error.code == 434
    assert "offset 4" in str(error)


@pytest.mark.covers("error.211")
def test_a_command_that_does_not_fit_the_moment(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp), pytest.raises(SMTPError) as caught:
            front.run(smtp.send_command("RCPT TO:<ben@example.test>"))
        assert caught.value.code == 211


@pytest.mark.covers("error.118")
def test_the_proxy_says_no(front: Front):
    def refuse(line) -> None:
        line.hear()
        line.say(b"HTTP/1.1 403 Forbidden", b"Content-Length: 0", b"")
        line.hear_the_end()

    with Peer(refuse) as proxy:
        smtp = front.make(**letter(25))
        smtp.firewall.firewall_type, smtp.firewall.host = "tunnel", "127.0.0.1"
        smtp.firewall.port = proxy.port
        error = raised(front, smtp)
    assert error.code == 118
    assert "403 Forbidden" in str(error)


@pytest.mark.covers("error.104")
def test_connecting_when_connected_is_an_error(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            with pytest.raises(SMTPError) as caught:
                front.run(smtp.connect())
            assert caught.value.code == 104
            assert smtp.connected


@pytest.mark.covers("ConnectionStatus.StatusCode", "ConnectionStatus.Description")
def test_a_line_that_breaks_is_told_with_its_number(front: Front):
    def hang_up(line) -> None:
        greet(line)
        line.hear()
        line.reset()

    with Peer(hang_up) as peer:
        smtp, heard = front.make(**letter(peer.port)), []
        smtp.on_connection_status += heard.append
        error = raised(front, smtp)
    made, lost = heard
    assert (made.connection_event, made.status_code, made.description) == (
        "Remote host connection complete", 0, "OK"
    )  # fmt: skip
    assert lost.connection_event == "Remote host disconnected"
    assert (lost.status_code, lost.description) == (error.code, error.description)
    assert error.code == 10054


@pytest.mark.covers("ConnectionStatus.StatusCode")
def test_a_server_that_closes_its_side_is_told_with_1120(front: Front):
    with Peer(lambda line: line.sock.shutdown(socket.SHUT_WR)) as peer:
        smtp, heard = front.make(**letter(peer.port)), []
        smtp.on_connection_status += heard.append
        raised(front, smtp)
    assert [event.status_code for event in heard] == [0, 1120]
