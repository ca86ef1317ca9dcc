"""Proxies as nobody packages them: SOCKS 4A, TLS to the proxy, and secrets that they echo."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.fronts import Front, letter
from drivers.peers import Line, Peer, free_port
from drivers.relays import https, socks4a
from servers.authority import Authority
from smtp_nb import Firewall, Outcome
from smtp_nb.errors import CertificateError, FirewallError, InputError
from smtp_nb.sandbox import SandboxServer
from wire.pki import server_context

MODES = ["none", "explicit", "implicit"]
SANDBOX_TLS = {"none": None, "explicit": "starttls", "implicit": "implicit"}


def sandbox(mode: str) -> SandboxServer:
    users = None if mode == "none" else {"alice": "secret"}
    return SandboxServer(tls=SANDBOX_TLS[mode], auth=users)


def through(front: Front, server: SandboxServer, mode: str, firewall: Firewall, **more: Any) -> Any:
    login = {} if mode == "none" else {"user": "alice", "password": "secret"}
    smtp = front.make(**letter(server.port, ssl_start_mode=mode, firewall=firewall, **login) | more)
    if mode != "none":
        smtp.settings["CACertFilePaths"] = server.ca_file
    return smtp


@pytest.mark.covers("FirewallTypes.fwSOCKS4A")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("star", ["", "*"])
def test_a_socks_4a_server_looks_the_name_up(front: Front, mode: str, star: str) -> None:
    with sandbox(mode) as server, Peer(socks4a) as proxy:
        firewall = Firewall("socks4a", "127.0.0.1", proxy.port)
        smtp = through(front, server, mode, firewall, mail_server=f"{star}far.test")
        smtp.on_ssl_server_authentication += lambda event: setattr(event, "accept", True)
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED


def test_a_star_makes_socks_4_a_4a(front: Front) -> None:
    with sandbox("none") as server, Peer(socks4a) as proxy:
        firewall = Firewall("socks4", "127.0.0.1", proxy.port)
        smtp = through(front, server, "none", firewall, mail_server="*far.test")
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED


@pytest.mark.covers("Socket.FirewallData")
@pytest.mark.parametrize("mode", MODES)
def test_mail_in_tls_in_tls(front: Front, mode: str, authority: Authority) -> None:
    context = server_context(_file(authority))
    with sandbox(mode) as server, Peer(https(context)) as proxy:
        firewall = Firewall("tunnel", "localhost", proxy.port, tls=True)
        smtp = through(front, server, mode, firewall)
        smtp.settings["CACertFilePaths"] = f"{authority.ca_file};{server.ca_file or ''}"
        smtp.config("FirewallData=X-Pass: open sesame")
        big = "x" * 70 + "\n"
        with front.connected(smtp):
            for text in ("small", big * 20_000):
                smtp.message_text = text
                receipt = front.run(smtp.send())
                assert receipt.outcome is Outcome.ACCEPTED
        assert (receipt.tls is not None) is (mode != "none")
        assert len(server.messages) == 2


def test_a_proxy_that_nobody_vouches_for_is_told_nothing(
    front: Front, authority: Authority
) -> None:
    heard: list[bytes] = []

    def habit(line: Line) -> None:
        heard.append(line.hear_the_end())

    with Peer(https(server_context(_file(authority)))) as proxy:
        firewall = Firewall("tunnel", "localhost", proxy.port, "ann", "secret", tls=True)
        smtp = front.make(**letter(25, firewall=firewall))
        with pytest.raises(CertificateError):
            front.run(smtp.connect())
    with Peer(habit) as proxy:
        smtp.firewall.port = proxy.port
        smtp.timeout = 0.05
        with pytest.raises(FirewallError):
            front.run(smtp.connect())
    assert b"CONNECT" not in heard[0]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK", b"220 mx.test"])
def test_a_proxy_without_the_tls_that_was_promised(front: Front, answer: bytes) -> None:
    def habit(line: Line) -> None:
        line.say(answer, b"")
        line.hear_the_end()

    with Peer(habit) as proxy:
        smtp = front.make(**letter(25, firewall=Firewall("tunnel", "127.0.0.1", proxy.port, tls=1)))
        with pytest.raises(FirewallError, match="connection to the proxy failed") as caught:
            front.run(smtp.connect())
    assert caught.value.code == 118


def test_a_proxy_that_is_not_there(front: Front) -> None:
    smtp = front.make(**letter(25, firewall=Firewall("socks5", "127.0.0.1", free_port())))
    with pytest.raises(FirewallError, match="cannot be reached") as caught:
        front.run(smtp.connect())
    assert caught.value.code == 118
    assert isinstance(caught.value, ConnectionError)


@pytest.mark.parametrize(
    ("kind", "server", "user", "password"),
    [
        ("socks5", "127.0.0.1", "u" * 128, "x"),
        ("socks5", "127.0.0.1", "u", "p" * 128),
        ("socks5", "127.0.0.1", "u", "p\0"),
        ("socks4", "127.0.0.1", "u" * 128, ""),
        ("socks5", "*" + "a." * 70 + "test", "", ""),
        ("socks4a", "::1", "", ""),
        ("tunnel", "127.0.0.1", "u", "p\r\nX: y"),
        ("tunnel", "127.0.0.1", "u:v", "p"),
    ],
)
def test_what_cannot_be_said_to_a_proxy_is_refused_before_it_is_called(
    front: Front, kind: str, server: str, user: str, password: str
) -> None:
    with Peer(lambda line: line.say()) as proxy:
        firewall = Firewall(kind, "127.0.0.1", proxy.port, user, password)
        smtp = front.make(**letter(25, mail_server=server, firewall=firewall))
        with pytest.raises(InputError):
            front.run(smtp.connect())
        assert proxy.visits == 0


def _file(authority: Authority) -> str:
    """Certificate and key in one file."""
    leaf = authority.good
    path = leaf.certificate.with_name("proxy.pem")
    path.write_bytes(leaf.key.read_bytes() + leaf.certificate.read_bytes())
    return str(path)
