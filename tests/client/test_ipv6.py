"""IPv6 and IPv4: which of them a name, and an address, is called by."""

from __future__ import annotations

import contextlib
import socket

import pytest

from drivers.fronts import letter
from smtp_nb.client.session.remembered import Remembered
from smtp_nb.client.session.session_settings import settings_from
from smtp_nb.drivers.sockets import targets
from smtp_nb.errors import ConnectFailed
from smtp_nb.sandbox import SandboxServer


@pytest.mark.covers("IPPort.UseIPv6")
@pytest.mark.parametrize(
    ("use", "wanted"),
    [(0, ["192.0.2.1"]), (1, ["2001:db8::1"]), (2, ["2001:db8::1", "192.0.2.1"])],
)
def test_use_ipv6_says_which_addresses_are_tried_in_which_order(front, use, wanted):
    smtp = front.make(mail_server="x.test")
    smtp.config(f"UseIPv6={use}")
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 25)),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 25, 0, 0)),
    ]
    tried = targets(found, settings_from(smtp, Remembered()).socket.use_ipv6)
    assert [address[0] for _, address in tried] == wanted


@pytest.mark.covers("IPPort.UseIPv6")
def test_ipv4_stands_in_where_ipv6_does_not_answer(front):
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port) | {"mail_server": "localhost"})
        smtp.config("UseIPv6=2")
        with front.connected(smtp):
            assert smtp.remote_address == "127.0.0.1"


@contextlib.contextmanager
def at_one_port():
    """A server on ::1, and one at the same port of 127.0.0.1."""
    for _ in range(20):
        with (
            contextlib.suppress(OSError),  # somebody has that port there: try another
            SandboxServer(host="::1") as six,
            SandboxServer(port=six.port) as four,
        ):
            yield six, four
            return
    raise AssertionError("no port is free on both")


@pytest.fixture
def two_servers(monkeypatch):
    """Two servers at one port; both.test is the name of both."""
    with at_one_port() as (six, four):
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", six.port)),
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", six.port, 0, 0)),
        ]
        look_up = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *a, **k: found if host == "both.test" else look_up(host, *a, **k),
        )
        yield six, four


@pytest.mark.covers("IPPort.UseIPv6")
@pytest.mark.parametrize(
    ("use", "address", "alone"),
    [(None, "127.0.0.1", True), (0, "127.0.0.1", True), (1, "::1", False), (2, "::1", True)],
)
def test_a_name_of_both_kinds_is_called_by_the_kind_that_use_ipv6_wants(
    front, two_servers, use, address, alone
):
    six, _ = two_servers
    smtp = front.make(**letter(six.port) | {"mail_server": "both.test"})
    if use is not None:
        smtp.settings["UseIPv6"] = use
    with front.connected(smtp):
        assert smtp.remote_address == smtp.local_host == address
    six.stop()
    if alone:
        assert front.run(smtp.send()), "IPv4 alone will do"
        return
    with pytest.raises(ConnectFailed) as caught:
        front.run(smtp.send())
    assert caught.value.code == 10061


@pytest.mark.covers("IPPort.UseIPv6")
@pytest.mark.covers("error.10047")
@pytest.mark.parametrize("literal", ["::1", "[::1]", "127.0.0.1"])
@pytest.mark.parametrize("use", [None, 0, 1, 2])
def test_an_address_is_called_unless_its_kind_was_excluded(front, two_servers, literal, use):
    six, _ = two_servers
    smtp = front.make(**letter(six.port) | {"mail_server": literal})
    if use is not None:
        smtp.settings["UseIPv6"] = use
    if use == (1 if literal == "127.0.0.1" else 0):
        with pytest.raises(ConnectFailed) as caught:
            front.run(smtp.send())
        assert caught.value.code == 10047
    else:
        assert front.run(smtp.send())


@pytest.mark.covers("SMTP.LocalHost")
@pytest.mark.covers("SMTP.Hello")
def test_an_address_of_ipv6_is_bound_and_named(front, two_servers, monkeypatch):
    six, _ = two_servers
    monkeypatch.setattr(socket, "gethostname", lambda: "no-domain")
    smtp = front.make(**letter(six.port) | {"mail_server": "::1"}, local_host="::1")
    assert front.run(smtp.send())
    assert six.sessions[0].hello == "[IPv6:::1]"
