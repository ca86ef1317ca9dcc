"""SCRAM, bound to the TLS connection and not, against GNU SASL behind a TLS of its own."""

from __future__ import annotations

import contextlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from OpenSSL import SSL

from drivers.fronts import Front, letter
from drivers.peers import Line, Peer, greet, talk
from servers import gsasl
from servers.authority import Authority
from smtp_nb import Outcome
from smtp_nb.errors import AuthenticationError

pytestmark = pytest.mark.real

PASSWORD = "wonder land/+%=~"
VERSIONS = {"tls-unique": SSL.TLS1_2_VERSION, "tls-exporter": SSL.TLS1_3_VERSION}
PLUS = ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS")
Seen = Callable[[dict[str, bytes]], dict[str, bytes]]


def bindings(tls: SSL.Connection) -> dict[str, bytes]:
    """What the server sees of the connection (RFC 5929 section 3, RFC 9266)."""
    exported = tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
    if tls.get_protocol_version_name() == "TLSv1.3":
        return {"tls-exporter": exported}
    return {"tls-unique": tls.get_peer_finished(), "tls-exporter": exported}


class Door:
    """A server for one kind of TLS, whose logins GNU SASL decides.

    Attributes:
        said: the AUTH lines that it heard.
        verdicts: why logins failed, in the library's words.
    """

    def __init__(self, authority: Authority, version: int, offered: str, seen: Seen) -> None:
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.set_min_proto_version(version)
        self._context.set_max_proto_version(version)
        self._context.use_certificate_chain_file(str(authority.good.certificate))
        self._context.use_privatekey_file(str(authority.good.key))
        self._offered = offered
        self._seen = seen
        self.said: list[str] = []
        self.verdicts: list[str] = []

    def __call__(self, line: Line) -> None:
        greet(line, b"STARTTLS")
        line.hear()
        line.say(b"220 go on")
        tls = SSL.Connection(self._context, line.sock)
        tls.set_accept_state()
        tls.do_handshake()
        inside: Any = Line(tls, line._peer)  # it reads and writes as a socket does
        with contextlib.suppress(SSL.Error):
            inside.hear()
            inside.say(b"250-peer.test", b"250 AUTH " + self._offered.encode())
            self._log_in(inside, tls)
            talk(inside)

    def _log_in(self, line: Line, tls: SSL.Connection) -> None:
        self.said.append(line.hear().decode())
        _, mechanism, initial = self.said[-1].split()
        answer = b64decode(initial)
        with gsasl.Service(mechanism, PASSWORD, self._seen(bindings(tls))) as service:
            try:
                is_complete = False
                while not is_complete:
                    challenge, is_complete = service.step(answer)
                    # What comes with success is a challenge too (RFC 4954 section 4).
                    line.say(b"334 " + b64encode(challenge))
                    answer = b64decode(line.hear())
            except gsasl.Refused as refused:
                self.verdicts.append(str(refused))
                line.say(b"535 5.7.8 no")
            else:
                line.say(b"235 2.7.0 welcome")


@contextlib.contextmanager
def door(
    authority: Authority, kind: str, offered: str, seen: Seen = dict
) -> Iterator[tuple[Door, int]]:
    gsasl.library()
    made = Door(authority, VERSIONS[kind], offered, seen)
    with Peer(made) as peer:
        yield made, peer.port


def sender(front: Front, authority: Authority, port: int, **properties: Any) -> Any:
    smtp = front.make(
        **letter(port, mail_server="localhost", ssl_start_mode="explicit", user="alice"),
        **{"password": PASSWORD} | properties,
    )
    smtp.settings["CACertFilePaths"] = str(authority.ca_file)
    return smtp


def assert_welcome(front: Front, made: Door, smtp: Any, mechanism: str, flag: str) -> None:
    """The login succeeds, and says this of the binding (RFC 5802 section 7, gs2-cbind-flag)."""
    assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    (line,) = made.said
    _, name, initial = line.split()
    assert (name, b64decode(initial).split(b",")[0].decode()) == (mechanism, flag)


@pytest.mark.parametrize("kind", VERSIONS)
@pytest.mark.parametrize("mechanism", PLUS)
@pytest.mark.parametrize("asked", ["by name", "auto"])
def test_both_sides_agree_on_the_binding(
    front: Front, authority: Authority, kind: str, mechanism: str, asked: str
) -> None:
    with door(authority, kind, f"{mechanism} PLAIN") as (made, port):
        name = "auto" if asked == "auto" else mechanism.replace("-", "_")
        smtp = sender(front, authority, port, auth_mechanism=name)
        assert_welcome(front, made, smtp, mechanism, f"p={kind}")


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_a_server_without_bindings_is_told_that_we_have_them(
    front: Front, authority: Authority, mechanism: str
) -> None:
    with door(authority, "tls-exporter", mechanism, lambda seen: {}) as (made, port):
        smtp = sender(front, authority, port, auth_mechanism="auto")
        assert_welcome(front, made, smtp, mechanism, "y")


@pytest.mark.parametrize("kind", VERSIONS)
@pytest.mark.parametrize("mechanism", PLUS)
def test_whoever_sits_between_two_connections_is_noticed(
    front: Front, authority: Authority, kind: str, mechanism: str
) -> None:
    def another(seen: dict[str, bytes]) -> dict[str, bytes]:
        return {name: bytes(len(octets)) for name, octets in seen.items()}

    with door(authority, kind, mechanism, another) as (made, port):
        smtp = sender(front, authority, port, auth_mechanism=mechanism.replace("-", "_"))
        with pytest.raises(AuthenticationError):
            front.run(smtp.send())
    assert made.verdicts == ["GSASL_AUTHENTICATION_ERROR"]


@pytest.mark.parametrize("kind", VERSIONS)
def test_a_list_from_which_plus_was_taken_is_noticed(
    front: Front, authority: Authority, kind: str
) -> None:
    """The server has bindings, and somebody on the way took -PLUS off its list."""
    with door(authority, kind, "SCRAM-SHA-256 PLAIN") as (made, port):
        smtp = sender(front, authority, port, auth_mechanism="auto")
        with pytest.raises(AuthenticationError):
            front.run(smtp.send())
    assert made.verdicts == ["GSASL_AUTHENTICATION_ERROR"]
    assert len(made.said) == 1  # and nothing weaker is tried


@pytest.mark.parametrize("mechanism", PLUS)
def test_a_wrong_password_is_refused(front: Front, authority: Authority, mechanism: str) -> None:
    with door(authority, "tls-exporter", mechanism) as (made, port):
        smtp = sender(front, authority, port, password="looking glass", auth_mechanism="auto")
        with pytest.raises(AuthenticationError):
            front.run(smtp.send())
    assert made.verdicts == ["GSASL_AUTHENTICATION_ERROR"]
