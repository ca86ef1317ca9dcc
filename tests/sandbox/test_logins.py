"""Every login at the sandbox, and its faults in them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.fronts import NAMES, Front, letter, open_front
from servers.authority import Authority
from smtp_nb import AuthMechanism, Certificate, CertStoreType
from smtp_nb.errors import AuthenticationError, InputError, TLSError
from smtp_nb.sandbox import SandboxServer
from smtp_nb.sasl.server.server import SERVICES

MEMBERS = {"PLAIN": "sasl_plain", "DIGEST-MD5": "sasl_digest_md5"}


@pytest.fixture(params=NAMES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with open_front(request.param) as opened:
        yield opened


def member(name: str) -> AuthMechanism:
    return AuthMechanism[MEMBERS.get(name, name.replace("-", "_")).upper()]


@contextlib.contextmanager
def sandbox(name: str, **arguments: Any) -> Iterator[SandboxServer]:
    auth = {"alice": "wonderland"}
    with SandboxServer("starttls", auth, mechanisms=[name], **arguments) as server:
        yield server


def sender(front: Front, server: SandboxServer, name: str, secret: str = "wonderland") -> Any:
    smtp = front.SMTP.from_url(server.url, **letter(server.port), auth_mechanism=member(name))
    smtp.password = secret
    if name in ("XOAUTH2", "OAUTHBEARER"):
        smtp.token_source = lambda renew: secret
    return smtp


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "EXTERNAL"])
def test_every_login_lets_in_who_knows_the_password(front: Front, name: str) -> None:
    with sandbox(name) as server:
        assert front.run(sender(front, server, name).send())
        assert server.messages[0].user == "alice"
        assert server.sessions[0].user == "alice"
        with pytest.raises(AuthenticationError) as caught:
            front.run(sender(front, server, name, "looking-glass").send())
        assert caught.value.reply.code == 535
        assert len(server.messages) == 1
        assert "wonderland" not in str(server.sessions[0])


def test_a_certificate_opens(front: Front, authority: Authority) -> None:
    with sandbox("EXTERNAL", client_ca=authority.ca_file) as server:
        smtp = sender(front, server, "EXTERNAL")
        with pytest.raises(AuthenticationError):
            front.run(smtp.send())
        pem = authority.alice.key.read_bytes() + authority.alice.certificate.read_bytes()
        smtp.ssl_cert = Certificate(CertStoreType.PEM_KEY_BLOB, pem, "", "*")
        assert front.run(smtp.send())
        assert [message.user for message in server.messages] == ["alice"]


def test_a_certificate_of_another_authority_does_not(front: Front, authority: Authority) -> None:
    with sandbox("EXTERNAL", client_ca=authority.ca_file) as server:
        smtp = sender(front, server, "EXTERNAL")
        leaf = authority.unknown_authority
        pem = leaf.key.read_bytes() + leaf.certificate.read_bytes()
        smtp.ssl_cert = Certificate(CertStoreType.PEM_KEY_BLOB, pem, "", "*")
        with pytest.raises(TLSError, match="unknown ca"):
            front.run(smtp.send())
        assert server.messages == []


@pytest.mark.parametrize("name", ["SCRAM-SHA-1", "SCRAM-SHA-256", "DIGEST-MD5"])
def test_an_impostor_is_found_out(front: Front, name: str) -> None:
    with sandbox(name) as server:
        server.inject("wrong_proof", times=1)
        with pytest.raises(AuthenticationError, match="does not know the password"):
            front.run(sender(front, server, name).send())
        assert server.messages == []
        assert front.run(sender(front, server, name).send())


@pytest.mark.parametrize("name", ["SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5", "LOGIN"])
def test_a_challenge_that_is_no_base64_is_an_error(front: Front, name: str) -> None:
    with sandbox(name) as server:
        server.inject("bad_challenge")
        with pytest.raises(AuthenticationError, match="invalid challenge"):
            front.run(sender(front, server, name).send())


def test_a_login_that_nobody_knows_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="X-OWN") as caught:
        SandboxServer(auth={"a": "b"}, mechanisms=["PLAIN", "x-own"])
    assert "SCRAM-SHA-256" in caught.value.remedy


def test_the_files_of_the_sandbox_hold_no_key(tmp_path: Path, authority: Authority) -> None:
    with sandbox("PLAIN", client_ca=authority.ca_file) as server:
        assert server.ca_file is not None
        assert [path.name for path in Path(server.ca_file).parent.iterdir()] == ["ca.pem"]
