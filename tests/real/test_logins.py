"""Every login against servers that are not ours, on both fronts: Postfix with Cyrus SASL, Dovecot,
and a Kerberos realm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivers.fronts import Front
from real.letters import Server, component
from servers.authority import Authority
from servers.dovecot import Dovecot
from servers.postfix import Postfix
from servers.realm import Realm
from servers.tokens import token
from smtp_nb import AuthMechanism, Certificate, CertStoreType, Outcome
from smtp_nb.errors import AuthenticationError, ExtensionError

pytestmark = pytest.mark.real

# What each is called by the servers. The -PLUS ones are in test_gsasl.py.
BY_PASSWORD = {
    "sasl_plain": "PLAIN",
    "login": "LOGIN",
    "cram_md5": "CRAM-MD5",
    "sasl_digest_md5": "DIGEST-MD5",
    "scram_sha_1": "SCRAM-SHA-1",
    "scram_sha_256": "SCRAM-SHA-256",
}
NTLM = {"v1": {"auth_mechanism": "ntlm"}, "v2": {"auth_mechanism": "ntlm", "UseNTLMv2": True}}
BEARERS = ("xoauth2", "oauthbearer")


def sender(front: Front, server: Server, **properties: Any) -> Any:
    """A component; capitals are settings."""
    settings = {name: properties.pop(name) for name in list(properties) if name[0].isupper()}
    smtp = component(front, server, **properties)
    for name, value in settings.items():
        smtp.settings[name] = value
    return smtp


def assert_taken(front: Front, server: Server, smtp: Any, by: str) -> None:
    """The message arrives after a login by that mechanism."""
    trail: list[str] = []
    smtp.on_pi_trail += lambda event: trail.append(event.message)
    assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert len(server.messages()) == 1
    assert [line.split()[1] for line in trail if line.startswith("AUTH ")] == [by]


def assert_refused(front: Front, server: Server, smtp: Any, code: int | None = 535) -> None:
    with pytest.raises(AuthenticationError) as caught:
        front.run(smtp.send())
    if code is not None:
        assert caught.value.reply.code == code
    assert server.messages() == []


# -- passwords ----------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.AuthMechanism", "SMTP.User", "SMTP.Password")
@pytest.mark.covers("SmtpAuthMechanisms.amCRAMMD5", "SmtpAuthMechanisms.amSASLPlain")
@pytest.mark.covers("SmtpAuthMechanisms.amSASLDigestMD5")
@pytest.mark.parametrize(("mechanism", "name"), BY_PASSWORD.items())
@pytest.mark.parametrize("user", ["alice", "zoe"])
def test_the_right_password_opens(
    front: Front, server: Server, mechanism: str, name: str, user: str
) -> None:
    properties = {"user": user, "password": server.accounts[user], "auth_mechanism": mechanism}
    smtp = sender(front, server, **properties)
    if (user, name, type(server)) == ("zoe", "DIGEST-MD5", Dovecot):
        # It hashes UTF-8, where RFC 2831 section 2.1.2.1 wants Latin-1 if that is enough.
        assert_refused(front, server, smtp)
    else:
        assert_taken(front, server, smtp, name)


@pytest.mark.parametrize("front", ["blocking"], indirect=True)
@pytest.mark.parametrize("mechanism", BY_PASSWORD)
def test_a_wrong_password_does_not(front: Front, server: Server, mechanism: str) -> None:
    smtp = sender(front, server, auth_mechanism=mechanism, password="looking glass")
    assert_refused(front, server, smtp)


@pytest.mark.parametrize("front", ["asyncio"], indirect=True)
@pytest.mark.parametrize("mechanism", BY_PASSWORD)
def test_nor_does_a_user_whom_nobody_knows(front: Front, postfix: Postfix, mechanism: str) -> None:
    assert_refused(front, postfix, sender(front, postfix, auth_mechanism=mechanism, user="mallory"))


@pytest.mark.covers("SmtpAuthMechanisms.amUserPassword", "SMTP.AuthMechanism")
def test_user_password_is_plain_where_there_is_plain(front: Front, server: Server) -> None:
    assert_taken(front, server, sender(front, server), "PLAIN")


def test_auto_takes_the_strongest(front: Front, server: Server) -> None:
    assert_taken(front, server, sender(front, server, auth_mechanism="auto"), "SCRAM-SHA-256")


@pytest.mark.covers("IPPort.UseNTLMv2", "SmtpAuthMechanisms.amNTLM")
@pytest.mark.parametrize("version", NTLM)
def test_ntlm_in_both_versions(front: Front, postfix: Postfix, version: str) -> None:
    assert_taken(front, postfix, sender(front, postfix, **NTLM[version]), "NTLM")


@pytest.mark.parametrize("version", NTLM)
def test_ntlm_with_a_wrong_password(front: Front, postfix: Postfix, version: str) -> None:
    smtp = sender(front, postfix, password="looking glass", **NTLM[version])
    assert_refused(front, postfix, smtp)


def test_what_a_server_has_not_is_named(front: Front, dovecot: Dovecot) -> None:
    with pytest.raises(ExtensionError, match="NTLM, only CRAM-MD5, DIGEST-MD5"):
        front.run(sender(front, dovecot, auth_mechanism="ntlm").send())


# -- tickets ------------------------------------------------------------------------------------


@pytest.mark.covers("SmtpAuthMechanisms.amKerberos")
def test_kerberos_by_password(front: Front, server: Server, kerberos: Realm) -> None:
    assert_taken(front, server, sender(front, server, auth_mechanism="kerberos"), "GSSAPI")


@pytest.mark.parametrize("mechanism", ["kerberos", "auto"])
@pytest.mark.parametrize("user", ["alice", "alice@TEST"])
def test_kerberos_by_the_ticket_that_is_there(
    front: Front,
    server: Server,
    kerberos: Realm,
    mechanism: str,
    user: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kerberos.log_in("alice", server.password, tmp_path / "tickets")
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/tickets")
    smtp = sender(front, server, user=user, password="", auth_mechanism=mechanism)
    assert_taken(front, server, smtp, "GSSAPI")


def test_kerberos_without_a_name(
    front: Front,
    server: Server,
    kerberos: Realm,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kerberos.log_in("alice", server.password, tmp_path / "tickets")
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/tickets")
    smtp = sender(front, server, user="", password="", auth_mechanism="kerberos")
    assert_taken(front, server, smtp, "GSSAPI")


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ({"password": ""}, "cred|cache"),
        ({"password": "looking glass"}, "Preauthentication|password"),
        ({"user": "mallory"}, "not found"),
        ({"user": "mallory", "password": ""}, "cred|cache"),
    ],
)
def test_kerberos_says_what_is_missing(
    front: Front, server: Server, kerberos: Realm, who: dict[str, str], words: str
) -> None:
    smtp = sender(front, server, auth_mechanism="kerberos", **who)
    with pytest.raises(AuthenticationError, match=words):
        front.run(smtp.send())


def test_kerberos_for_a_host_that_has_no_key(front: Front, server: Server, kerberos: Realm) -> None:
    smtp = sender(front, server, auth_mechanism="kerberos", mail_server="127.0.0.1")
    with pytest.raises(AuthenticationError, match="not found"):
        front.run(smtp.send())


# -- certificates -------------------------------------------------------------------------------


def certified(front: Front, server: Server, authority: Authority, **properties: Any) -> Any:
    smtp = sender(front, server, password="", **properties)
    leaf = authority.alice
    pem = leaf.key.read_bytes() + leaf.certificate.read_bytes()
    smtp.ssl_cert = Certificate(CertStoreType.PEM_KEY_BLOB, pem, "", "*")
    return smtp


@pytest.mark.parametrize("user", ["", "alice"])
def test_external_by_certificate(
    front: Front, dovecot: Dovecot, authority: Authority, user: str
) -> None:
    smtp = certified(front, dovecot, authority, user=user, auth_mechanism="external")
    assert_taken(front, dovecot, smtp, "EXTERNAL")


def test_auto_takes_the_certificate_if_there_is_nothing_else(
    front: Front, dovecot: Dovecot, authority: Authority
) -> None:
    smtp = certified(front, dovecot, authority, user="alice", auth_mechanism="auto")
    assert_taken(front, dovecot, smtp, "EXTERNAL")


def test_external_without_a_certificate_is_refused(front: Front, dovecot: Dovecot) -> None:
    assert_refused(front, dovecot, sender(front, dovecot, auth_mechanism="external"))


# -- tokens -------------------------------------------------------------------------------------


class Source:
    """Gives one token after the other, and counts how often it is asked."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = tokens
        self.asked: list[bool] = []

    def __call__(self, renew: bool) -> str:
        self.asked.append(renew)
        return self.tokens[len(self.asked) - 1]


@pytest.mark.covers("SmtpAuthMechanisms.amXOAUTH2")
@pytest.mark.parametrize("mechanism", [*BEARERS, "auto"])
def test_a_token_opens(front: Front, dovecot: Dovecot, mechanism: str) -> None:
    source = Source(token("alice"))
    smtp = sender(front, dovecot, auth_mechanism=mechanism, token_source=source)
    assert_taken(front, dovecot, smtp, "OAUTHBEARER" if mechanism == "auto" else mechanism.upper())
    assert source.asked == [False]


@pytest.mark.covers("SMTP.AuthorizationIdentity")
@pytest.mark.parametrize("mechanism", BEARERS)
@pytest.mark.parametrize("scheme", ["", "Bearer "])
def test_a_token_in_the_setting_opens(
    front: Front, dovecot: Dovecot, mechanism: str, scheme: str
) -> None:
    identity = scheme + token("alice")
    smtp = sender(front, dovecot, auth_mechanism=mechanism, AuthorizationIdentity=identity)
    assert_taken(front, dovecot, smtp, mechanism.upper())


@pytest.mark.parametrize("mechanism", BEARERS)
def test_a_token_that_has_run_out_is_renewed_once(
    front: Front, dovecot: Dovecot, mechanism: str
) -> None:
    source = Source(token("alice", lifetime_s=-60), token("alice"))
    smtp = sender(front, dovecot, auth_mechanism=mechanism, token_source=source)
    assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    assert source.asked == [False, True]


@pytest.mark.parametrize("front", ["blocking"], indirect=True)
@pytest.mark.parametrize("mechanism", BEARERS)
@pytest.mark.parametrize(
    "bad",
    ["junk", token("alice", lifetime_s=-60), token("alice", key=b"x" * 40), token("zoe")],
    ids=["junk", "old", "forged", "of somebody else"],
)
def test_a_bad_token_is_refused_after_two_tries(
    front: Front, dovecot: Dovecot, mechanism: str, bad: str
) -> None:
    source = Source(bad, bad)
    smtp = sender(front, dovecot, auth_mechanism=mechanism, token_source=source)
    assert_refused(front, dovecot, smtp)
    assert source.asked == [False, True]


def test_a_source_that_fails_says_so_and_is_not_quoted(front: Front, dovecot: Dovecot) -> None:
    def broken(renew: bool) -> str:
        raise RuntimeError("refresh_token=opensesame")

    smtp = sender(front, dovecot, auth_mechanism="xoauth2", token_source=broken)
    with pytest.raises(AuthenticationError, match="RuntimeError") as caught:
        front.run(smtp.send())
    assert "opensesame" not in str(caught.value)


# -- acting as somebody else --------------------------------------------------------------------


@pytest.mark.covers("SMTP.AuthorizationIdentity")
@pytest.mark.parametrize("front", ["blocking"], indirect=True)
@pytest.mark.parametrize(
    "mechanism", ["sasl_plain", "sasl_digest_md5", "scram_sha_1", "scram_sha_256", "kerberos"]
)
@pytest.mark.parametrize("identity", ["alice", "zoe"])
def test_an_authorization_identity_is_the_servers_to_judge(
    front: Front, server: Server, kerberos: Realm, mechanism: str, identity: str
) -> None:
    smtp = sender(front, server, auth_mechanism=mechanism, AuthorizationIdentity=identity)
    if identity == "alice":
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
    else:
        assert_refused(front, server, smtp)


def test_every_login_is_shown_here_or_with_gsasl() -> None:
    shown = {*BY_PASSWORD, *BEARERS, "user_password", "auto", "ntlm", "kerberos", "external"}
    plus = {"scram_sha_1_plus", "scram_sha_256_plus"}
    assert {m.name.lower() for m in AuthMechanism} == shown | plus | {"apop"}
