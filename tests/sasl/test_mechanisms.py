"""What the client says for each mechanism, and what it refuses to say."""

import base64
import hashlib
import hmac
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb import sasl
from smtp_nb.errors import (
    AuthenticationError,
    InjectionError,
    MissingError,
    Unsupported,
)
from smtp_nb.model.secret import Secret, encodings
from smtp_nb.sasl.mechanisms import MECHANISMS

# Kerberos says nothing without a realm: tests/real has one.
NAMES = [mechanism.name for mechanism in MECHANISMS if mechanism.name != "GSSAPI"]
MUTUAL = ["CRAM-MD5", "DIGEST-MD5", "NTLM", *(name for name in NAMES if name.startswith("SCRAM"))]
LINE = sasl.ConnectionFacts("mail.test", 587, binding={"tls-unique": b"octets"}.get)


def credentials(user="tim", password="tanstaaftanstaaf", identity="", token="tok"):
    tokens = sasl.Tokens(lambda renew: token) if token else None
    found = sasl.Credentials(user, Secret(password), Secret(identity), tokens)
    return found.with_token(token) if token else found


def answers(name, who, challenges):
    """Everything the client says: the initial response, then one answer a challenge."""
    exchange = sasl.exchange(name, who, LINE)
    said = [next(exchange), *(exchange.send(challenge) for challenge in challenges)]
    sasl.finish(exchange)
    return said


def test_plain_is_the_example_of_rfc_4616():
    # Section 4: Ursel may act as Kurt.
    who = credentials("Kurt", "xipj3plmq", "Ursel")
    assert answers("PLAIN", who, []) == [b"Ursel\0Kurt\0xipj3plmq"]


def test_plain_is_the_example_of_rfc_4954():
    # Section 4.1: AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=
    who = credentials("test", "1234", "test")
    assert answers("PLAIN", who, []) == [base64.b64decode("dGVzdAB0ZXN0ADEyMzQ=")]


def test_cram_md5_is_the_example_of_rfc_2195():
    challenge = base64.b64decode("PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+")
    expected = base64.b64decode("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw")
    assert answers("CRAM-MD5", credentials(), [challenge]) == [None, expected]


@given(
    challenge=st.binary(min_size=1),
    password=st.text(st.characters(codec="ascii", min_codepoint=32), min_size=1),
)
def test_cram_md5_digests_any_challenge_as_hashlib_does(challenge, password):
    said = answers("CRAM-MD5", credentials("a b", password), [challenge])[1]
    expected = hmac.new(password.encode(), challenge, hashlib.md5).hexdigest()
    assert said == b"a b " + expected.encode()


def test_login_answers_two_prompts_whatever_their_words():
    for prompts in ([b"Username:", b"Password:"], [b"User Name\0", b"Password\0"], [b"", b""]):
        assert answers("LOGIN", credentials(), prompts) == [None, b"tim", b"tanstaaftanstaaf"]


def test_strings_go_out_as_utf8_and_unprepared():
    # RFC 4616 section 2: preparation is the server's work. U+FB01 would become "fi".
    who = credentials("Zoë", "\ufb01sh\u00ad")
    assert answers("PLAIN", who, []) == ["\0Zoë\0\ufb01sh\u00ad".encode()]


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_never_stops_asking_is_refused_and_told_nothing_more(name):
    exchange = sasl.exchange(name, credentials(), LINE)
    next(exchange)
    said = []
    with pytest.raises(AuthenticationError):
        said.extend(exchange.send(b"more") for _ in range(10))
    assert len(said) <= 2


def test_an_empty_challenge_gets_no_digest():
    exchange = sasl.exchange("CRAM-MD5", credentials(), LINE)
    assert next(exchange) is None
    with pytest.raises(AuthenticationError, match="no challenge"):
        exchange.send(b"")


@pytest.mark.parametrize("name", [name for name in NAMES if name in MUTUAL or name == "LOGIN"])
def test_a_server_that_agrees_too_early_is_refused(name):
    exchange = sasl.exchange(name, credentials(), LINE)
    next(exchange)
    with pytest.raises(AuthenticationError):
        sasl.finish(exchange)


@pytest.mark.parametrize("bad", ["\0", "\r", "\n", "\ud800"])
@pytest.mark.parametrize("field", ["user", "password", "identity"])
def test_what_could_end_a_field_or_a_line_is_refused_and_not_quoted(field, bad):
    with pytest.raises(InjectionError) as caught:
        credentials(**{field: f"opensesame{bad}x"})
    if field != "user":
        assert not any(form in full_traceback(caught.value) for form in encodings("opensesame"))


@pytest.mark.parametrize(
    ("name", "missing"), [(m.name, field.rstrip("s")) for m in MECHANISMS for field in m.needs]
)
def test_a_login_without_what_it_needs_says_nothing(name, missing):
    with pytest.raises(MissingError, match=missing):
        sasl.exchange(name, credentials(**{missing: ""}), LINE)


def test_secrets_show_in_no_repr_and_no_traceback():
    who = credentials(password="opensesame", identity="opensesame")
    exchange = sasl.exchange("CRAM-MD5", who, LINE)
    next(exchange)
    with pytest.raises(AuthenticationError) as caught:
        exchange.send(b"")
    shown = repr(who) + str(who) + repr(exchange) + full_traceback(caught.value)
    assert not any(form in shown for form in encodings("opensesame"))


def full_traceback(error):
    """The traceback as `%xmode Verbose` shows it: with the variables of every frame of ours."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [
        frame
        for frame in told.stack
        if "smtp_nb" in frame.filename and "tests" not in frame.filename
    ]
    assert ours
    return "".join(str(frame.locals) for frame in ours) + str(error)


def test_a_mechanism_of_another_name_is_not_known():
    with pytest.raises(Unsupported, match="X-OWN"):
        sasl.exchange("X-OWN", credentials(), LINE)
