"""Revocation lists are asked before anything of ours leaves, and no answer is not 'no'."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.fronts import NAMES, Front, open_front
from drivers.peers import Line, Peer, free_port
from drivers.relays import https
from drivers.stages import when
from flows.tls_server import Server, component, context, send
from smtp_nb import Firewall
from smtp_nb.errors import CertificateError, Interrupted
from smtp_nb.flows.connecting import revocation
from smtp_nb.model.enums import SSLSecurityFlag
from wire import pki

covers = pytest.mark.covers
EVERY_FLAG = int(sum(SSLSecurityFlag))
CHECKED = {"SSLCheckCRL": True}
Answer = bytes | Callable[[Line], None]


class Lists:
    """A chain whose certificates name lists on a server of this machine.

    Attributes:
        answers: what lies at each path: octets, or a habit.
        asked: the paths that were asked for, in order.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []

    def __call__(self, line: Line) -> None:
        path = line.hear().split(b" ")[1].decode()
        while line.hear():
            pass
        self.asked.append(path)
        answer = self.answers.get(path)
        if callable(answer):
            answer(line)
        elif answer is None:
            line.say(b"HTTP/1.1 404 Not here", b"Content-Length: 0", b"")
        else:
            line.say(b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(answer), b"")
            line.sock.sendall(answer)

    def publish(self, at: str) -> None:
        """Make the chain, with good lists for all of it."""
        self.root = pki.issue(f"Root {next(_count)}", ca=True, extra=pki.points(f"{at}/root"))
        points = pki.points(f"{at}/authority")
        self.authority = pki.issue("Authority", self.root, ca=True, extra=points)
        self.leaf = pki.issue(
            issuer=self.authority, names=("127.0.0.1",), extra=pki.points(f"{at}/leaf")
        )
        self.say("leaf")
        self.say("authority")
        self.say("root")

    def say(self, name: str, *revoked: pki.Issued, **changes: Any) -> None:
        """Put a list at the place for a certificate."""
        issuer = self.authority if name == "leaf" else self.root
        self.answers[f"/{name}"] = pki.octets(pki.revocations(issuer, *revoked, **changes))

    def server(self, **more: Any) -> Server:
        """A mail server that shows the chain and asks for a certificate of ours."""
        return Server(**{"implicit": True, "context": context(lambda: self.leaf, "1.3")} | more)


_count = itertools.count()


@pytest.fixture(params=NAMES, scope="module")
def front(request):
    with open_front(request.param) as opened:
        yield opened


@pytest.fixture
def lists() -> Iterator[Lists]:
    made = Lists()
    with Peer(made) as peer:
        made.publish(f"http://127.0.0.1:{peer.port}")
        yield made


def attempt(front: Front, lists: Lists, server: Server | None = None, **changes: Any) -> Any:
    roots = {"SSLServerCACerts": lists.root.pem.decode()}
    return send(front, server or lists.server(), **CHECKED | roots | changes)


def refused(front: Front, lists: Lists, **changes: Any) -> str:
    """The error's words; the server got our hello and nothing else."""
    for version, implicit in (("1.2", True), ("1.3", False)):
        server = lists.server(implicit=implicit, context=context(lambda: lists.leaf, version))
        with pytest.raises(CertificateError) as caught:
            attempt(front, lists, server, **changes)
        assert caught.value.code == 280
        assert server.heard_only_our_hello
        assert server.protected == []
    return str(caught.value)


# -- answers ------------------------------------------------------------------------------------


@covers("SSL.SSLCheckCRL")
def test_the_lists_of_the_whole_chain_are_asked(front, lists):
    assert attempt(front, lists)
    assert lists.asked == ["/leaf", "/authority", "/root"]


@covers("SSL.SSLCheckCRL")
def test_none_is_asked_unless_it_is_wanted(front, lists):
    lists.say("leaf", lists.leaf)
    assert attempt(front, lists, SSLCheckCRL=False)
    assert lists.asked == []


@covers("SSL.SSLCheckCRL")
@pytest.mark.parametrize("name", ["leaf", "authority", "root"])
def test_what_was_revoked_is_refused_whatever_the_flags_say(front, lists, name):
    lists.say(name, getattr(lists, name))
    for flags in (0, EVERY_FLAG):
        words = refused(front, lists, SSLSecurityFlags=flags)
        assert "it was revoked on" in words
        assert "keyCompromise" in words


FLAGS = {"leaf": 0x100, "authority": 0x400, "root": 0x800}


@covers("SSLSecurityFlags.0x00000100", "SSLSecurityFlags.0x00000400", "SSLSecurityFlags.0x00000800")
@pytest.mark.parametrize("name", FLAGS)
def test_a_list_that_cannot_be_had_is_overlooked_by_exactly_its_flag(front, lists, name):
    del lists.answers[f"/{name}"]
    assert "404" in refused(front, lists, SSLSecurityFlags=EVERY_FLAG & ~FLAGS[name])
    assert attempt(front, lists, SSLSecurityFlags=FLAGS[name])


def endless(line: Line) -> None:
    line.say(b"HTTP/1.1 200 OK", b"Content-Length: 9999999", b"")
    with contextlib.suppress(OSError):
        while True:
            line.sock.sendall(b"x" * 50_000)


FAILURES: dict[str, tuple[Answer, str]] = {
    "garbage": (b"<html>404</html>", "something else"),
    "not HTTP": (lambda line: line.say(b"220 mx.test"), "HTTP"),
    "closed": (lambda line: None, "hung up"),
    "cut": (lambda line: line.say(b"HTTP/1.1 200 OK", b"Content-Length: 9", b"", b"x"), "hung up"),
    "reset": (lambda line: line.reset(), "cannot be fetched"),
    "silent": (lambda line: (line.stall(), None)[1], "timed out"),
    "endless": (endless, "larger"),
    "circular": (
        lambda line: line.say(b"HTTP/1.1 302 There", b"Location: /leaf", b"Content-Length: 0", b""),
        "redirected too often",
    ),
    "to a file": (
        lambda line: line.say(b"HTTP/1.1 302 There", b"Location: file:///etc/passwd", b""),
        "fetched by HTTP",
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_no_answer_is_a_fault_in_words(front, lists, failure, monkeypatch):
    if failure == "silent":
        monkeypatch.setattr(revocation, "SECONDS", 0.3)
    monkeypatch.setattr("smtp_nb.wire.verification.revocation.MOST_OCTETS", 100_000)
    lists.answers["/leaf"], words = FAILURES[failure]
    server = lists.server()
    with pytest.raises(CertificateError, match=words):
        attempt(front, lists, server, SSLSecurityFlags=0x400 | 0x800)
    assert server.heard_only_our_hello


def test_nobody_listening_is_a_fault_in_words(front):
    lists = Lists()
    lists.publish(f"http://127.0.0.1:{free_port()}")
    assert "cannot be fetched" in refused(front, lists)
    assert attempt(front, lists, SSLSecurityFlags=0x100 | 0x400 | 0x800)


def test_a_list_may_lie_elsewhere(front, lists):
    lists.answers["/there"] = lists.answers["/leaf"]
    lists.answers["/leaf"] = lambda line: line.say(
        b"HTTP/1.1 301 There", b"Location: /there", b"Content-Length: 0", b""
    )
    assert attempt(front, lists)
    assert lists.asked[:2] == ["/leaf", "/there"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"since": -7 * pki.DAY, "until": -pki.DAY}, "expired"),
        ({"key": pki.root().key}, "signature"),
    ],
)
def test_a_list_that_is_not_right_is_no_answer(front, lists, changes, words):
    lists.say("leaf", **changes)
    assert words in refused(front, lists)


# -- who is asked, and when ---------------------------------------------------------------------


def test_whoever_nobody_vouches_for_cannot_make_us_ask(front, lists):
    words = refused(front, lists, SSLServerCACerts="", SSLSecurityFlags=EVERY_FLAG & ~0x100)
    assert "its revocation status is unknown" in words
    assert attempt(front, lists, SSLServerCACerts="", SSLSecurityFlags=0x10 | 0x100)
    assert lists.asked == []


def test_the_very_server_that_is_meant_is_not_asked_about(front, lists):
    lists.say("leaf", lists.leaf)
    assert attempt(front, lists, ssl_accept_server_cert=lists.leaf.pem)
    assert lists.asked == []


def test_the_handler_sees_what_the_lists_say(front, lists):
    lists.say("leaf", lists.leaf)
    events: list[Any] = []

    def accept(event: Any) -> None:
        events.append((event.accept, event.status))
        event.accept = True

    server, roots = lists.server(), {"SSLServerCACerts": lists.root.pem.decode()}
    prepare = lambda smtp: smtp.on_ssl_server_authentication(accept)  # noqa: E731
    assert send(front, server, prepare, **CHECKED, **roots)
    ((accepted, status),) = events
    assert not accepted
    assert "it was revoked on" in status


def test_lists_are_kept_until_they_end_also_for_copies(front, lists):
    server = lists.server()
    with Peer(server) as peer:
        smtp = component(front, server, peer, SSLServerCACerts=lists.root.pem.decode(), **CHECKED)
        front.run(smtp.send())
        front.run(smtp.send())
        front.run(smtp.clone().send())
    assert lists.asked == ["/leaf", "/authority", "/root"]


def test_a_server_that_was_revoked_meanwhile_is_refused_though_its_session_is_kept(front, lists):
    server = lists.server()
    with Peer(server) as peer:
        changes = {"SSLServerCACerts": lists.root.pem.decode(), "ReuseSSLSession": True}
        smtp = component(front, server, peer, **CHECKED, **changes)
        front.run(smtp.send())
        front.run(smtp.send())
        lists.say("leaf", lists.leaf)
        smtp._remembered.revocation_lists = None  # as if the list had ended
        with pytest.raises(CertificateError, match="revoked on"):
            front.run(smtp.send())
    assert [inside.server.tls.session_reused for inside in server.inside[:2]] == [False, True]
    assert len(server.inside) == 3
    assert sum(said.startswith(b"MAIL") for said in server.protected) == 2


def test_the_mail_servers_line_is_the_same_afterwards(front, lists):
    server = lists.server(implicit=False)
    events: list[Any] = []
    with Peer(server) as peer:
        smtp = component(front, server, peer, SSLServerCACerts=lists.root.pem.decode(), **CHECKED)
        smtp.on_connection_status(events.append)
        with front.connected(smtp):
            assert smtp.line.remote_port == peer.port
    assert [event.connection_event for event in events] == [
        "Remote host connection complete",
        "SSL handshake complete",
        "Remote host disconnected",
    ]
    assert server.clear == [b"EHLO client.test", b"STARTTLS"]


def test_an_interruption_drops_both_lines(front):
    lists = Lists()
    with Peer(lists) as lists_peer:
        lists.publish(f"http://127.0.0.1:{lists_peer.port}")
        lists.answers["/leaf"] = lambda line: (line.stall(), None)[1]
        server = lists.server()
        with Peer(server) as peer:
            roots = {"SSLServerCACerts": lists.root.pem.decode()}
            smtp = component(front, server, peer, **CHECKED, **roots)
            with when(lists_peer.stalled.wait, smtp.interrupt), pytest.raises(Interrupted):
                front.run(smtp.send())
            assert not smtp.connected
            lists_peer.wait_until_served()
            peer.wait_until_served()
    assert server.heard_only_our_hello


def test_lists_are_fetched_through_the_proxy(front, lists, tmp_path):
    """Its own certificate is checked without lists, which lie behind it."""
    tls = pki.server_context(lists.leaf.write(tmp_path))
    with Peer(https(tls)) as proxy:
        firewall = Firewall("tunnel", "127.0.0.1", proxy.port, tls=True)
        assert attempt(front, lists, firewall=firewall, FirewallData="X-Pass: open sesame")
        assert proxy.visits == 4
    assert lists.asked == ["/leaf", "/authority", "/root"]
