"""DIGEST-MD5: its RFC's example, what is strict about its grammar, and servers that cheat."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb import sasl
from smtp_nb.errors import AuthenticationError, InputError
from smtp_nb.model.secret import Secret
from smtp_nb.sasl.digest_md5 import Login, digest_md5, directives, hashable

LINE = sasl.ConnectionFacts("elwood.innosoft.com", 587)
CHRIS = sasl.Credentials("chris", Secret("secret"))
CHALLENGE = (
    b'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,'
    b"charset=utf-8"
)
EXAMPLE = Login(
    b"chris",
    b"elwood.innosoft.com",
    b"secret",
    b"OA6MG9tEQGm2hh",
    b"OA6MHXh6VqTrRk",
    b"imap/elwood.innosoft.com",
    b"",
)


def answered(challenge=CHALLENGE, who=CHRIS):
    """The exchange after the challenge, and its answer."""
    exchange = digest_md5(who, LINE, "OA6MHXh6VqTrRk")
    assert next(exchange) is None
    return exchange, exchange.send(challenge)


def test_the_digests_are_those_of_the_rfc():
    # RFC 2831 section 4, for IMAP.
    assert EXAMPLE.digest(b"AUTHENTICATE") == b"d388dad90d4bbd760a152321f2143af7"
    assert EXAMPLE.digest(b"") == b"ea40f60335c427b5527b84dbabcdfffd"


def test_the_answer_has_all_directives():
    _, answer = answered()
    assert dict(directives(answer)) == {
        "username": "chris",
        "realm": "elwood.innosoft.com",
        "nonce": "OA6MG9tEQGm2hh",
        "cnonce": "OA6MHXh6VqTrRk",
        "digest-uri": "smtp/elwood.innosoft.com",
        "nc": "00000001",
        "qop": "auth",
        "charset": "utf-8",
        "response": replace(EXAMPLE, uri=b"smtp/elwood.innosoft.com")
        .digest(b"AUTHENTICATE")
        .decode(),
    }


def test_the_servers_proof_is_wanted():
    exchange, _ = answered()
    proof = replace(EXAMPLE, uri=b"smtp/elwood.innosoft.com").digest(b"")
    assert exchange.send(b"rspauth=" + proof) == b""


@pytest.mark.parametrize(
    "last",
    [
        b"",
        b"rspauth=",
        b"rspauth=ea40f60335c427b5527b84dbabcdfffd",
        b"rspauth=ea40,rspauth=ea40",
        b"response=ea40f60335c427b5527b84dbabcdfffd",
        b"\xff",
    ],
)
def test_another_proof_is_refused(last):
    exchange, _ = answered()
    with pytest.raises(AuthenticationError):
        exchange.send(last)


def test_a_yes_without_proof_is_not_believed():
    exchange, _ = answered()
    with pytest.raises(AuthenticationError, match="proof"):
        sasl.finish(exchange)


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b",",
        b"nonsense",
        b'realm="x",qop="auth",algorithm=md5-sess',
        b'nonce="",algorithm=md5-sess',
        b'nonce="a",nonce="b",algorithm=md5-sess',
        b'nonce="a"',
        b'nonce="a",algorithm=md5',
        b'nonce="a",algorithm=md5-sess,qop="auth-int,auth-conf"',
        b'nonce="a",algorithm=md5-sess,charset=koi8-r',
        b'nonce="a",algorithm=md5-sess,charset=utf-8,charset=utf-8',
        b'nonce="a,algorithm=md5-sess',
        b'nonce="a"b,algorithm=md5-sess',
        b'nonce="a" b="c",algorithm=md5-sess',
        b'nonce="a\r\nb",algorithm=md5-sess',
        b'nonce="a\0b",algorithm=md5-sess',
        b'nonce="a\\',
        b"nonce=a b,algorithm=md5-sess",
        b'=a,nonce="a",algorithm=md5-sess',
        b'nonce="a",algorithm=md5-sess,x="' + b"y" * 2048 + b'"',
    ],
)
def test_a_challenge_that_is_wrong_gets_no_digest(challenge):
    with pytest.raises(AuthenticationError):
        answered(challenge)


@pytest.mark.parametrize(
    "challenge",
    [
        b'nonce="a",algorithm=md5-sess',
        b' , nonce = "a" ,, algorithm="MD5-sess" ,',
        b'NONCE=a,Algorithm=md5-sess,qop="auth-conf, auth",maxbuf=65536,x-own="\\"quoted\\\\"',
    ],
)
def test_a_challenge_may_be_written_in_several_ways(challenge):
    _, answer = answered(challenge)
    values = dict(directives(answer))
    assert values["nonce"] == "a"
    assert "realm" not in values


@pytest.mark.parametrize(
    ("user", "realm"),
    [("chris", "one.test"), ("chris@two.test", "two.test"), ("chris@three.test", "one.test")],
)
def test_of_several_realms_the_users_own_is_taken(user, realm):
    challenge = b'realm="one.test",realm="two.test",nonce="a",algorithm=md5-sess,charset=utf-8'
    _, answer = answered(challenge, sasl.Credentials(user, Secret("x")))
    values = dict(directives(answer))
    assert (values["username"], values["realm"]) == (user, realm)


def test_quotes_and_backslashes_are_escaped():
    _, answer = answered(who=sasl.Credentials('a"b\\c', Secret("x"), Secret('d"e')))
    assert b'username="a\\"b\\\\c"' in answer
    assert b'authzid="d\\"e"' in answer


@given(st.text(max_size=20))
def test_what_latin_1_can_write_is_hashed_as_latin_1(text):
    charset = "latin-1" if all(ord(c) < 256 for c in text) else "utf-8"
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert hashable(text.encode()) == text.encode(charset)


def test_a_server_without_utf_8_gets_latin_1_or_nothing():
    challenge = b'nonce="a",algorithm=md5-sess'
    _, answer = answered(challenge, sasl.Credentials("Zoë", Secret("x")))
    assert 'username="Zoë"'.encode("latin-1") in answer
    assert b"charset" not in answer
    for who in (sasl.Credentials("Ж", Secret("x")), sasl.Credentials("x", Secret("Жук"))):
        with pytest.raises(InputError, match="Latin-1") as caught:
            answered(challenge, who)
        assert "Жук" not in str(caught.value)


@given(st.binary(), st.binary())
def test_nonsense_is_refused_and_no_other_exception(first, last):
    with pytest.raises(AuthenticationError):
        answered(first)
    exchange, _ = answered()
    with pytest.raises(AuthenticationError):
        exchange.send(last)
