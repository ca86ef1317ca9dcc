"""The server's side lets in who knows the password, and nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb import sasl
from smtp_nb.errors import Unsupported
from smtp_nb.model.secret import Secret
from smtp_nb.sasl.server import SERVICES, serve

NAMES = list(SERVICES)
USERS = {"alice": "secret", "Zoë": "pässword ", "a b": "c d"}


def log_in(name, user, password, identity=""):
    """Let our client and our server talk until the server has decided."""
    service = serve(name, USERS.get)
    exchange = sasl.exchange(
        name, sasl.Credentials(user, Secret(password), Secret(identity)), sasl.Line()
    )
    challenge, answer = next(service), next(exchange)
    try:
        if answer is None:
            answer = exchange.send(challenge)
        while True:
            answer = exchange.send(service.send(answer))
    except StopIteration as end:
        sasl.finish(exchange)
        return end.value


def outcome(name, *responses):
    """What the server decides on raw responses."""
    service = serve(name, USERS.get)
    next(service)
    try:
        for response in responses:
            service.send(response)
    except StopIteration as end:
        return end.value
    raise AssertionError("the server waits for more")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("user", USERS)
def test_the_right_password_opens(name, user):
    assert log_in(name, user, USERS[user]) == user


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("user", "password"), [("alice", "Secret"), ("bob", "secret"), ("alice", "secret\u200b")]
)
def test_anything_else_does_not(name, user, password):
    assert log_in(name, user, password) is None


def test_nobody_acts_as_somebody_else():
    assert log_in("PLAIN", "alice", "secret", "alice") == "alice"
    assert log_in("PLAIN", "alice", "secret", "Zoë") is None


def test_an_unknown_user_without_password_does_not_pass_cram_md5():
    assert outcome("CRAM-MD5", b"nobody d41d8cd98f00b204e9800998ecf8427e") is None


def test_a_digest_serves_once():
    service = serve("CRAM-MD5", USERS.get)
    other = serve("CRAM-MD5", USERS.get)
    assert next(service) != next(other)


@given(st.binary(), st.binary())
def test_nonsense_is_a_failed_login_and_no_exception(first, second):
    assert outcome("PLAIN", first) is None
    assert outcome("LOGIN", first, second) is None
    assert outcome("CRAM-MD5", first) is None


def test_an_unknown_mechanism_is_refused():
    with pytest.raises(Unsupported):
        serve("X-OWN", USERS.get)
