"""Error numbers: the whole table, and a real cause for each that has one."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.peers import Peer, free_port, greet
from play.stage import DRIVERS, stage
from smtp_nb import Attachment, error_class
from smtp_nb.client.settings.reference import Conformance, rows
from smtp_nb.drivers.os_errors import os_error_code
from smtp_nb.errors import WINSOCK, BusyError, LinkError, SMTPError, SMTPTimeout
from smtp_nb.sandbox import SandboxServer

CODES = [
    *(118, *range(161, 167), 301, 302),
    *(100, 101, 102, 104, 106, 107, 112, 116, 117, 135, 201, 211, 212, 213, 303, 434),
    *(1105, 1117, 1119, 1120),
    *range(270, 277),
    *range(280, 285),
    *WINSOCK,
]


MAPPED = {row.marker for row in rows() if row.state is Conformance.MAPPED}


def covering(codes):
    """Of a number without a natural cause, its place in the table is all that there is to show."""
    names = {code: f"error.{code}" for code in codes}
    return [
        pytest.param(code, marks=[pytest.mark.covers(name)] if name in MAPPED else [])
        for code, name in names.items()
    ]


@pytest.mark.parametrize("code", covering(CODES))
def test_every_number_has_its_class(code):
    assert issubclass(error_class(code), SMTPError)
    assert error_class(code)("text", code=code).code == code


def test_other_numbers_have_none():
    with pytest.raises(KeyError, match="not an error number"):
        error_class(999)


@pytest.mark.parametrize(
    "code", covering(c for c, (name, _) in WINSOCK.items() if hasattr(errno, name))
)
def test_an_errno_has_the_number_that_winsock_gave_it(code):
    number = getattr(errno, WINSOCK[code][0])
    assert os_error_code(OSError(number, os.strerror(number))) == code


@pytest.mark.parametrize(
    "code", covering(c for c in range(11001, 11005) if hasattr(socket, WINSOCK[c][0]))
)
def test_the_resolvers_errors_have_numbers_of_their_own(code):
    number = getattr(socket, WINSOCK[code][0])
    assert os_error_code(socket.gaierror(number, "resolver")) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.EPERM, 10013), (errno.EPIPE, 10053), (errno.ENFILE, 10024), (errno.EAGAIN, 10035)],
)
def test_errnos_that_winsock_does_not_know_go_to_the_nearest(number, code):
    assert os_error_code(OSError(number, "")) == code


@pytest.mark.parametrize("code", covering(WINSOCK))
@pytest.mark.parametrize("kind", [OSError, socket.gaierror])
def test_winsocks_own_numbers_which_python_gives_on_windows_stay_as_they_are(kind, code):
    assert os_error_code(kind(code, "as Windows says it")) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(number, code, marks=pytest.mark.covers(f"error.{code}"))
        for number, code in {64: 10054, 121: 10060, 1225: 10061, 1226: 10053, 1231: 10051,
                             1232: 10065, 1236: 10053}.items()
    ],
)  # fmt: skip
def test_overlapped_calls_of_windows_are_numbered_in_another_way(number, code):
    error = OSError(errno.EINVAL, "overlapped")
    error.winerror = number
    assert os_error_code(error) == code


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, ""), OSError("no number"), OSError(9999)])
def test_what_has_no_number_of_its_own_is_an_error_of_communication(error):
    assert os_error_code(error) == 162


# -- real causes, through the component ---------------------------------------------------------


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


# -- one call at a time -------------------------------------------------------------------------


@pytest.mark.covers("error.166")
@pytest.mark.covers("SMTP.Idle")
def test_a_second_call_is_refused_and_the_first_one_is_not_disturbed(front: Front):
    with SandboxServer() as server:
        smtp, seen = front.make(**letter(server.port)), []

        def call_again(event) -> None:
            seen.append(smtp.idle)
            with pytest.raises(BusyError) as caught:
                asyncio_step(smtp.send())
            seen.append(caught.value.code)

        smtp.on_start_transfer += call_again
        assert front.run(smtp.send())
        assert len(server.messages) == 1
    assert seen == [False, 166]
    assert smtp.idle


@pytest.mark.covers("error.1105")
def test_connecting_while_connecting_is_an_error_of_its_own(front: Front):
    with SandboxServer() as server:
        smtp, seen = front.make(**letter(server.port)), []

        def connect_again(event) -> None:
            with pytest.raises(BusyError) as caught:
                asyncio_step(smtp.connect())
            seen.append(caught.value.code)

        smtp.on_connection_status = connect_again
        front.run(smtp.connect())
        smtp.on_connection_status = None
        front.run(smtp.disconnect())
    assert seen == [1105]


@pytest.mark.covers("error.104")
def test_connecting_when_connected_is_an_error(front: Front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        with front.connected(smtp):
            with pytest.raises(SMTPError) as caught:
                front.run(smtp.connect())
            assert caught.value.code == 104
            assert smtp.connected


def asyncio_step(result: Any) -> None:
    """Start what a front gave: a coroutine runs to its first wait, a result is there already."""
    if asyncio.iscoroutine(result):
        with contextlib.closing(result):
            result.send(None)


# -- what an error tells ------------------------------------------------------------------------


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("said", ["554 5.7.1 go away", "450 4.2.1 busy", "421 4.3.2 bye", "399 ?"])
def test_the_last_words_of_a_refusal_say_what_to_do(driver, said):
    text = f"S: 220 x\nC* EHLO\nS: 250 x\nC* MAIL\nS: {said}\n"
    text += "" if said.startswith(("421", "399")) else "C: QUIT\nS: 221 bye\n"
    with stage(driver, text, {}) as played, pytest.raises(SMTPError) as caught:
        played.call("send")
    error = caught.value
    assert str(error).endswith(error.remedy)
    assert len(error.remedy) > 10
    assert error.receipt is not None


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
