"""The real servers, seen through another client than ours: the standard library's."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from base64 import b64encode
from pathlib import Path

import pytest

from servers.authority import Authority, Leaf
from servers.dovecot import Dovecot
from servers.exim import Exim
from servers.postfix import Postfix
from servers.variants import SIZE_LIMIT, VARIANTS

CONTENT = (
    b"From: Teacher <teacher@school.test>\r\n"
    b"To: bob@school.test\r\n"
    b"Subject: =?utf-8?q?R=C3=A9sum=C3=A9?=\r\n"
    b"\tand more\r\n"
    b"\r\n"
    b"one\r\n.\r\n..two\r\nFrom here\r\n" + b"x" * 998 + b"\r\n\r\nlast \t\r\n\r\n"
)


@pytest.fixture(params=["postfix", "dovecot"])
def server(request: pytest.FixtureRequest) -> Postfix | Dovecot:
    found: Postfix | Dovecot = request.getfixturevalue(request.param)
    return found


def trusting(ca_file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca_file))


def session(server: Postfix | Dovecot) -> smtplib.SMTP:
    smtp = smtplib.SMTP(server.host, server.port)
    smtp.starttls(context=trusting(server.ca_file))
    smtp.ehlo()
    return smtp


@pytest.mark.real
def test_what_is_sent_arrives_byte_for_byte(server: Postfix | Dovecot) -> None:
    with session(server) as smtp:
        smtp.login(server.user, server.password)
        smtp.sendmail("teacher@school.test", ["Bob+x@School.test", "eve@other.test"], CONTENT)
    arrived = server.messages()
    assert {message.recipient for message in arrived} == {"Bob+x@School.test", "eve@other.test"}
    assert {message.sender for message in arrived} == {"teacher@school.test"}
    assert {message.content for message in arrived} == {CONTENT}
    assert all(b"Received: from" in message.trace for message in arrived)


@pytest.mark.real
def test_mailbox_is_empty_when_a_test_begins(server: Postfix | Dovecot) -> None:
    assert server.messages() == []


@pytest.mark.real
@pytest.mark.parametrize("mechanism", ["plain", "login", "cram_md5"])
def test_mechanism_is_offered_and_works(server: Postfix | Dovecot, mechanism: str) -> None:
    with session(server) as smtp:
        offered = smtp.esmtp_features["auth"].split()
        assert mechanism.upper().replace("_", "-") in offered
        smtp.user, smtp.password = server.user, server.password
        code, _ = smtp.auth(mechanism.replace("_", "-"), getattr(smtp, f"auth_{mechanism}"))
        assert code == 235


@pytest.mark.real
def test_password_beyond_ascii_works_too(server: Postfix | Dovecot) -> None:
    response = b64encode(f"\0zoe\0{server.accounts['zoe']}".encode()).decode()
    with session(server) as smtp:
        assert smtp.docmd("AUTH PLAIN", response)[0] == 235


@pytest.mark.real
def test_wrong_password_is_refused(server: Postfix | Dovecot) -> None:
    with session(server) as smtp, pytest.raises(smtplib.SMTPAuthenticationError):
        smtp.login(server.user, "wrong")


@pytest.mark.real
@pytest.mark.parametrize(("recipient", "code"), [("refused@a.test", 550), ("later@a.test", 450)])
def test_some_recipients_are_refused(server: Postfix | Dovecot, recipient: str, code: int) -> None:
    with session(server) as smtp:
        smtp.login(server.user, server.password)
        smtp.mail("teacher@school.test")
        assert smtp.rcpt(recipient)[0] == code


@pytest.mark.real
def test_nothing_is_relayed_without_a_login(postfix: Postfix) -> None:
    with session(postfix) as smtp:
        smtp.mail("teacher@school.test")
        assert smtp.rcpt("bob@school.test")[0] == 554


@pytest.mark.real
def test_implicit_tls_port(postfix: Postfix) -> None:
    context = trusting(postfix.ca_file)
    with smtplib.SMTP_SSL(postfix.host, postfix.tls_port, context=context) as smtp:
        assert smtp.ehlo()[0] == 250


@pytest.fixture(params=["postfix", "exim"])
def varied(request: pytest.FixtureRequest) -> Postfix | Exim:
    found: Postfix | Exim = request.getfixturevalue(request.param)
    return found


@pytest.mark.real
@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_offers_what_its_name_says(varied: Postfix | Exim, name: str) -> None:
    with smtplib.SMTP("127.0.0.1", varied.ports[name]) as smtp:
        smtp.ehlo()
        assert smtp.has_extn("pipelining")
        assert smtp.has_extn("chunking") is VARIANTS[name].chunking
        announced = smtp.esmtp_features.get("size", "").strip()
        assert (announced == str(SIZE_LIMIT)) is VARIANTS[name].size
        assert smtp.mail("refused@a.test")[0] == 550
        smtp.sendmail("teacher@school.test", ["Bob+x@School.test", "eve@other.test"], CONTENT)
        with pytest.raises(smtplib.SMTPResponseException, match="552"):
            smtp.sendmail("teacher@school.test", "bob@school.test", CONTENT * 30)
        smtp.mail("teacher@school.test")
        codes = [smtp.rcpt(f"{name}@a.test")[0] for name in ("bob", "refused", "later")]
        assert codes == [250, 550, 450]
    arrived = varied.messages()
    assert {m.recipient for m in arrived} == {"Bob+x@School.test", "eve@other.test"}
    for message in arrived:
        assert message.sender == "teacher@school.test"
        assert message.content.endswith(CONTENT)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("good", ""),
        ("expired", "certificate has expired"),
        ("wrong_host", "Hostname mismatch"),
        ("unknown_authority", "unable to get local issuer certificate"),
        ("self_signed", "self-signed certificate"),
    ],
)
def test_each_certificate_has_the_fault_of_its_name(
    authority: Authority, name: str, fault: str
) -> None:
    assert fault in (refusal := verdict(getattr(authority, name), authority.ca_file))
    assert bool(fault) == bool(refusal)


def verdict(leaf: Leaf, ca_file: Path) -> str:
    """What a TLS client finds wrong, in memory; empty if nothing."""
    client_in, client_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(leaf.certificate, leaf.key)
    client = trusting(ca_file).wrap_bio(client_in, client_out, server_hostname="localhost")
    server = serving.wrap_bio(client_out, client_in, server_side=True)
    for _ in range(3):
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as error:
            return str(error)
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
    return ""
