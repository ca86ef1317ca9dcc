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
    ClearTextRefused,
    ExtensionError,
    InjectionError,
    MissingError,
    Unsupported,
)
from smtp_nb.model.enums import AuthMechanism
from smtp_nb.model.secret import Secret, encodings
from smtp_nb.sasl.mechanisms import MECHANISMS

NAMES = [mechanism.name for mechanism in MECHANISMS]


def credentials(user="tim", password="tanstaaftanstaaf", identity=""):
    return sasl.Credentials(user, Secret(password), Secret(identity))


def answers(name, who, challenges):
    """Everything the client says: the initial response, then one answer a challenge."""
    exchange = sasl.exchange(name, who, "mail.test")
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
    exchange = sasl.exchange(name, credentials())
    next(exchange)
    said = []
    with pytest.raises(AuthenticationError, match="asks on"):
        said.extend(exchange.send(b"more") for _ in range(10))
    assert len(said) <= 2


def test_an_empty_challenge_gets_no_digest():
    exchange = sasl.exchange("CRAM-MD5", credentials())
    assert next(exchange) is None
    with pytest.raises(AuthenticationError, match="no challenge"):
        exchange.send(b"")


@pytest.mark.parametrize("name", ["LOGIN", "CRAM-MD5"])
def test_a_server_that_agrees_too_early_is_refused(name):
    exchange = sasl.exchange(name, credentials())
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


@pytest.mark.parametrize("missing", ["user", "password"])
@pytest.mark.parametrize("name", NAMES)
def test_a_login_without_user_or_password_says_nothing(name, missing):
    with pytest.raises(MissingError, match=missing):
        sasl.exchange(name, credentials(**{missing: ""}))


def test_secrets_show_in_no_repr_and_no_traceback():
    who = credentials(password="opensesame", identity="opensesame")
    exchange = sasl.exchange("CRAM-MD5", who)
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


ALL = ["PLAIN", "login", "CRAM-MD5", "SCRAM-SHA-256"]


@pytest.mark.parametrize(
    ("asked", "offered", "protected", "chosen"),
    [
        (AuthMechanism.USER_PASSWORD, ALL, True, "PLAIN"),
        (AuthMechanism.USER_PASSWORD, ["LOGIN", "CRAM-MD5"], True, "LOGIN"),
        # Whether a named clear-text login may go out is asked with is_clear_text, not here.
        (AuthMechanism.USER_PASSWORD, ALL, False, "PLAIN"),
        (AuthMechanism.SASL_PLAIN, ALL, True, "PLAIN"),
        (AuthMechanism.LOGIN, ALL, True, "LOGIN"),
        (AuthMechanism.CRAM_MD5, ALL, False, "CRAM-MD5"),
        (AuthMechanism.AUTO, ALL, True, "CRAM-MD5"),
        (AuthMechanism.AUTO, ALL, False, "CRAM-MD5"),
        (AuthMechanism.AUTO, ["LOGIN", "PLAIN"], True, "PLAIN"),
        (AuthMechanism.AUTO, ["login"], True, "LOGIN"),
    ],
)
def test_choice(asked, offered, protected, chosen):
    assert sasl.choose(asked, offered, protected) == chosen


def test_auto_never_takes_a_clear_text_login_on_an_open_line():
    with pytest.raises(ClearTextRefused, match="TLS"):
        sasl.choose(AuthMechanism.AUTO, ["PLAIN", "LOGIN"], protected=False)


@pytest.mark.parametrize("asked", [AuthMechanism.CRAM_MD5, AuthMechanism.AUTO])
def test_nothing_in_common_names_what_the_server_has(asked):
    with pytest.raises(ExtensionError, match="only GSSAPI, NTLM"):
        sasl.choose(asked, ["NTLM", "GSSAPI"], protected=True)


def test_no_login_at_all_hints_at_tls():
    with pytest.raises(ExtensionError, match="only inside TLS"):
        sasl.choose(AuthMechanism.USER_PASSWORD, [], protected=False)


def test_apop_is_not_of_smtp():
    with pytest.raises(Unsupported, match="POP3") as caught:
        sasl.choose(AuthMechanism.APOP, ["PLAIN"], protected=True)
    assert "Supported are CRAM-MD5, PLAIN, LOGIN" in str(caught.value)


def test_every_member_of_the_enumeration_is_chosen_or_refused_by_name():
    for asked in AuthMechanism:
        try:
            assert sasl.choose(asked, NAMES, protected=True) in NAMES
        except Unsupported as error:
            assert asked.name in str(error)  # noqa: PT017 - the other branch is as good


def test_clear_text_is_known_for_each_and_never_guessed():
    assert {name: sasl.is_clear_text(name) for name in NAMES} == {
        "CRAM-MD5": False,
        "PLAIN": True,
        "LOGIN": True,
    }
    assert sasl.is_clear_text("plain")
    for ask in (sasl.is_clear_text, lambda name: sasl.exchange(name, credentials())):
        with pytest.raises(Unsupported):
            ask("X-OWN")
