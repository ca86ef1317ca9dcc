"""Which mechanism is taken: never one that gives a secret away on a connection that others can
read."""

from dataclasses import replace

import pytest

from smtp_nb import sasl
from smtp_nb.errors import ClearTextRefused, ExtensionError, MissingError, Unsupported
from smtp_nb.model.enums import AuthMechanism
from smtp_nb.model.secret import Secret
from smtp_nb.sasl.mechanisms import MECHANISMS

NAMES = frozenset(mechanism.name for mechanism in MECHANISMS)
PASSWORD = sasl.Credentials("alice", Secret("wonderland"))
TOKENS = sasl.Credentials("alice", tokens=sasl.Tokens(lambda renew: "token"))
BOTH = replace(TOKENS, password=Secret("wonderland"))
V2 = replace(PASSWORD, uses_ntlm_v2=True)
TICKET = sasl.Credentials("alice")
NAMELESS = sasl.Credentials("")

OPEN = sasl.ConnectionFacts("mx.test", 587, NAMES)
ALLOWED = replace(OPEN, allows_clear_text=True)
LOOPBACK = replace(OPEN, is_protected=True)
TLS = replace(LOOPBACK, binding={"tls-exporter": b"octets"}.get)
CERTIFIED = replace(TLS, has_certificate=True)


@pytest.fixture(autouse=True)
def all_extras(monkeypatch):
    """The choice is the same on every machine."""
    monkeypatch.setattr("smtp_nb.sasl.mechanisms.is_installed", lambda *modules: True)


def chosen(asked, credentials, line, offered=""):
    names = frozenset(offered.split()) or line.offered
    return sasl.choose(asked, credentials, replace(line, offered=names)).name


@pytest.mark.parametrize(
    ("asked", "offered", "name"),
    [
        ("USER_PASSWORD", "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256", "PLAIN"),
        ("USER_PASSWORD", "LOGIN CRAM-MD5", "LOGIN"),
        ("SASL_PLAIN", "PLAIN LOGIN CRAM-MD5", "PLAIN"),
        ("LOGIN", "PLAIN LOGIN CRAM-MD5", "LOGIN"),
        ("CRAM_MD5", "PLAIN LOGIN CRAM-MD5", "CRAM-MD5"),
        ("SCRAM_SHA_1", "SCRAM-SHA-1 SCRAM-SHA-256", "SCRAM-SHA-1"),
    ],
)
def test_what_is_asked_for_by_name_is_taken(asked, offered, name):
    assert chosen(AuthMechanism[asked], PASSWORD, LOOPBACK, offered) == name


@pytest.mark.parametrize(
    ("credentials", "line", "offered", "name"),
    [
        (PASSWORD, TLS, "", "SCRAM-SHA-256-PLUS"),
        (PASSWORD, TLS, "PLAIN SCRAM-SHA-256 SCRAM-SHA-1-PLUS", "SCRAM-SHA-1-PLUS"),
        (PASSWORD, LOOPBACK, "", "SCRAM-SHA-256"),
        (PASSWORD, OPEN, "", "SCRAM-SHA-256"),
        (PASSWORD, OPEN, "SCRAM-SHA-1 CRAM-MD5 PLAIN", "SCRAM-SHA-1"),
        (PASSWORD, OPEN, "CRAM-MD5 PLAIN LOGIN", "CRAM-MD5"),
        (PASSWORD, TLS, "LOGIN PLAIN", "PLAIN"),
        (PASSWORD, TLS, "LOGIN XOAUTH2 OAUTHBEARER EXTERNAL", "LOGIN"),
        (PASSWORD, CERTIFIED, "PLAIN EXTERNAL", "PLAIN"),
        (TOKENS, TLS, "", "OAUTHBEARER"),
        (TOKENS, TLS, "XOAUTH2 PLAIN", "XOAUTH2"),
        (BOTH, TLS, "", "OAUTHBEARER"),
        (BOTH, OPEN, "", "SCRAM-SHA-256"),
        (BOTH, TLS, "PLAIN CRAM-MD5", "CRAM-MD5"),
        (NAMELESS, CERTIFIED, "", "EXTERNAL"),
        (NAMELESS, OPEN, "", "GSSAPI"),
        (TICKET, TLS, "PLAIN GSSAPI", "GSSAPI"),
        (PASSWORD, TLS, "GSSAPI DIGEST-MD5 CRAM-MD5", "DIGEST-MD5"),
        (PASSWORD, TLS, "NTLM PLAIN", "NTLM"),
        (PASSWORD, TLS, "NTLM CRAM-MD5", "CRAM-MD5"),
        (V2, OPEN, "NTLM PLAIN", "NTLM"),
    ],
)
def test_auto_takes_the_strongest_that_there_is_enough_for(credentials, line, offered, name):
    assert chosen(AuthMechanism.AUTO, credentials, line, offered) == name


@pytest.mark.parametrize("offered", ["PLAIN LOGIN", "NTLM", "PLAIN XOAUTH2", "LOGIN OAUTHBEARER"])
@pytest.mark.parametrize("credentials", [PASSWORD, BOTH])
def test_auto_never_gives_a_secret_away_on_an_open_line(credentials, offered):
    with pytest.raises(ClearTextRefused, match="TLS"):
        chosen(AuthMechanism.AUTO, credentials, OPEN, offered)


@pytest.mark.parametrize("offered", ["PLAIN LOGIN", "PLAIN XOAUTH2", "LOGIN OAUTHBEARER"])
def test_not_even_where_clear_text_is_allowed(offered):
    """Who reads the connection may have taken the stronger ones off the list; a name is meant."""
    with pytest.raises(ClearTextRefused, match="by name"):
        chosen(AuthMechanism.AUTO, BOTH, ALLOWED, offered)
    assert chosen(AuthMechanism.USER_PASSWORD, BOTH, ALLOWED, offered)
    assert chosen(AuthMechanism.AUTO, BOTH, ALLOWED, "NTLM PLAIN") == "NTLM"


CLEAR_TEXT = [mechanism for mechanism in MECHANISMS if mechanism.is_clear_text]


@pytest.mark.parametrize("mechanism", CLEAR_TEXT, ids=lambda mechanism: mechanism.name)
def test_nor_does_a_login_that_was_asked_for_by_name(mechanism):
    with pytest.raises(ClearTextRefused, match=mechanism.name):
        chosen(mechanism.kind, BOTH, OPEN)
    assert chosen(mechanism.kind, BOTH, LOOPBACK) == mechanism.name
    assert chosen(mechanism.kind, BOTH, ALLOWED) == mechanism.name


@pytest.mark.covers("IPPort.UseNTLMv2")
def test_ntlm_in_version_1_counts_as_clear_text():
    with pytest.raises(ClearTextRefused, match="NTLM"):
        chosen(AuthMechanism.NTLM, PASSWORD, OPEN)
    assert chosen(AuthMechanism.NTLM, V2, OPEN) == "NTLM"
    assert chosen(AuthMechanism.NTLM, PASSWORD, TLS) == "NTLM"


def test_auto_passes_over_what_is_not_installed(monkeypatch):
    monkeypatch.setattr("smtp_nb.sasl.mechanisms.is_installed", lambda *modules: not modules)
    assert chosen(AuthMechanism.AUTO, PASSWORD, TLS, "NTLM PLAIN") == "PLAIN"
    with pytest.raises(MissingError):
        chosen(AuthMechanism.AUTO, TICKET, TLS, "GSSAPI PLAIN")


def test_which_logins_show_a_secret_is_written_down():
    assert {mechanism.name for mechanism in CLEAR_TEXT} == {
        "PLAIN",
        "LOGIN",
        "XOAUTH2",
        "OAUTHBEARER",
    }


@pytest.mark.parametrize("asked", ["SCRAM_SHA_256", "EXTERNAL", "AUTO"])
def test_an_authorization_identity_is_a_secret_too(asked):
    """It may be a token that was meant for XOAUTH2."""
    acting = replace(PASSWORD, authorization_identity=Secret("Bearer ya29.x"))
    with pytest.raises(ClearTextRefused):
        chosen(AuthMechanism[asked], acting, OPEN, "SCRAM-SHA-256 EXTERNAL PLAIN")
    assert chosen(AuthMechanism.SCRAM_SHA_256, acting, TLS)


@pytest.mark.parametrize(
    ("credentials", "line", "offered"),
    [
        (PASSWORD, TLS, "XOAUTH2 OAUTHBEARER"),
        (TOKENS, TLS, "PLAIN LOGIN SCRAM-SHA-256"),
        (PASSWORD, LOOPBACK, "SCRAM-SHA-256-PLUS"),
        (NAMELESS, TLS, "EXTERNAL PLAIN"),
    ],
)
def test_what_is_set_is_enough_for_nothing_that_is_offered(credentials, line, offered):
    with pytest.raises(MissingError, match=offered.split()[0]):
        chosen(AuthMechanism.AUTO, credentials, line, offered)


@pytest.mark.parametrize("asked", [AuthMechanism.CRAM_MD5, AuthMechanism.AUTO])
def test_nothing_in_common_names_what_the_server_has(asked):
    with pytest.raises(ExtensionError, match="only X-OTHER, X-OWN"):
        chosen(asked, PASSWORD, TLS, "X-OWN X-OTHER")


def test_no_login_at_all_hints_at_tls():
    with pytest.raises(ExtensionError, match="only inside TLS"):
        sasl.choose(AuthMechanism.USER_PASSWORD, PASSWORD, sasl.ConnectionFacts("mx.test"))


def test_apop_is_not_of_smtp():
    with pytest.raises(Unsupported, match="POP3") as caught:
        chosen(AuthMechanism.APOP, PASSWORD, TLS)
    assert all(name in str(caught.value) for name in NAMES)


def test_every_member_of_the_enumeration_is_chosen_or_refused_by_name():
    for asked in AuthMechanism:
        try:
            assert chosen(asked, BOTH, CERTIFIED) in NAMES
        except Unsupported as error:
            assert asked.name in str(error)  # noqa: PT017 - the other branch is as good
