"""The server's side lets in who knows the password, and nobody else."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramClient

from smtp_nb import sasl
from smtp_nb.errors import Unsupported
from smtp_nb.model.secret import Secret
from smtp_nb.sasl.server.server import SERVICES, response_fault, serve
from smtp_nb.sasl.server.verifier import CredentialVerifier

BY_PASSWORD = [name for name in SERVICES if name not in ("XOAUTH2", "OAUTHBEARER", "EXTERNAL")]
BEARERS = ["XOAUTH2", "OAUTHBEARER"]
ACTING = ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "DIGEST-MD5"]
USERS = {"alice": "secret", "Zoë": "pässword ", "a b": "c d", "x,=y": "\u2168,"}
DESK = CredentialVerifier(USERS.get)


def log_in(name, user, secret, identity="", verifier=DESK):
    """Let our client and our server talk until the server has decided."""
    service = serve(name, verifier)
    who = sasl.Credentials(
        user, Secret(secret), Secret(identity), sasl.Tokens(lambda renew: secret), Secret(secret)
    )
    exchange = sasl.exchange(name, who, sasl.ConnectionFacts("mx.test"))
    challenge, answer = next(service), next(exchange)
    try:
        if answer is None:
            answer = exchange.send(challenge)
        while True:
            answer = exchange.send(service.send(answer))
    except StopIteration as end:
        if end.value is not None:
            sasl.finish(exchange)
        return end.value


def outcome(name, *responses, verifier=DESK):
    """What the server decides on raw responses; the last one is said again if it asks on."""
    service = serve(name, verifier)
    next(service)
    try:
        for response in (*responses, responses[-1], responses[-1]):
            service.send(response)
    except StopIteration as end:
        return end.value
    raise AssertionError("the server waits for more")


@pytest.mark.parametrize("name", BY_PASSWORD)
@pytest.mark.parametrize("user", USERS)
def test_the_right_password_opens(name, user):
    assert log_in(name, user, USERS[user]) == user


@pytest.mark.parametrize("name", [*BY_PASSWORD, *BEARERS])
@pytest.mark.parametrize(
    ("user", "password"), [("alice", "Secret"), ("bob", "secret"), ("alice", "secret2")]
)
def test_anything_else_does_not(name, user, password):
    assert log_in(name, user, password) is None


@pytest.mark.parametrize("name", BEARERS)
@pytest.mark.parametrize("user", ["alice", "x,=y"])
def test_a_token_opens(name, user):
    assert log_in(name, user, "tok-en", verifier=CredentialVerifier({user: "tok-en"}.get)) == user


@pytest.mark.parametrize("name", ACTING)
def test_nobody_acts_as_somebody_else(name):
    assert log_in(name, "alice", "secret", "alice") == "alice"
    assert log_in(name, "alice", "secret", "Zoë") is None


@pytest.mark.parametrize(
    ("certificate", "asked", "user"),
    [
        ("alice", b"", "alice"),
        ("alice", b"alice", "alice"),
        ("alice", b"bob", None),
        ("mallory", b"", None),
        ("", b"alice", None),
        ("", b"", None),
    ],
)
def test_external_takes_the_certificates_word(certificate, asked, user):
    assert outcome("EXTERNAL", asked, verifier=CredentialVerifier(USERS.get, certificate)) == user


def test_an_unknown_user_without_password_does_not_pass_cram_md5():
    assert outcome("CRAM-MD5", b"nobody d41d8cd98f00b204e9800998ecf8427e") is None


@pytest.mark.parametrize("name", ["CRAM-MD5", "DIGEST-MD5"])
def test_a_digest_serves_once(name):
    assert next(serve(name, DESK)) != next(serve(name, DESK))


@pytest.mark.parametrize("name", SERVICES)
@given(first=st.binary(), second=st.binary())
def test_nonsense_is_a_failed_login_and_no_exception(name, first, second):
    assert outcome(name, first, second) is None


@pytest.mark.parametrize("name", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
@pytest.mark.parametrize(("password", "is_right"), [("secret", True), ("Secret", False)])
def test_another_implementation_finds_the_proof_right(name, password, is_right):
    service, client = serve(name, DESK), ScramClient([name], "alice", password)
    next(service)
    client.set_server_first(service.send(client.get_client_first().encode()).decode())
    try:
        client.set_server_final(service.send(client.get_client_final().encode()).decode())
        service.send(b"")
    except StopIteration as end:
        user = end.value
    assert user == ("alice" if is_right else None)


@pytest.mark.parametrize(
    "final",
    ["c=biws,r={nonce}x,p={proof}", "c=eSws,r={nonce},p={proof}", "c=biws,r={nonce},p=AA=="],
)
def test_a_last_message_of_another_conversation_is_refused(final):
    service = serve("SCRAM-SHA-1", DESK)
    next(service)
    challenge = service.send(b"n,,n=alice,r=abc").decode()
    nonce = challenge.partition(",")[0][2:]
    proof = b64encode(bytes(20)).decode()
    with pytest.raises(StopIteration) as end:
        service.send(final.format(nonce=nonce, proof=proof).encode())
    assert end.value.value is None


def test_scram_without_a_binding_refuses_those_who_bind():
    assert outcome("SCRAM-SHA-1", b"p=tls-unique,,n=alice,r=abc") is None


def test_an_unknown_mechanism_is_refused():
    with pytest.raises(Unsupported):
        serve("X-OWN", DESK)


@pytest.mark.parametrize(
    ("name", "response", "is_faulty"),
    [
        ("PLAIN", b"alice:wonderland", True),
        ("PLAIN", b"\0alice", True),
        ("PLAIN", b"\0alice\0wonderland", False),
        ("PLAIN", b"", False),
        *((name, b"alice", False) for name in SERVICES if name != "PLAIN"),
        ("X-OWN", b"alice", False),
    ],
)
def test_a_mechanism_says_what_is_wrong_with_the_form_of_a_response(name, response, is_faulty):
    assert bool(response_fault(name, response)) is is_faulty
